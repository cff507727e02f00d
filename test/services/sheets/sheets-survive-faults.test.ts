import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { tables } from "../../../drizzle/schema/tables.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Fault } from "../../support/fault-proxy.ts";
import { until } from "../../support/until.ts";
import { openSheetFixture, type SheetFixture } from "./sheet-fixture.ts";

let fixture: SheetFixture;
beforeAll(async () => {
  fixture = await openSheetFixture();
});
afterEach(() => {
  fixture.proxy.onRequest = () => null;
});
afterAll(() => fixture.close());

const wide = (rows: number, tag: string) =>
  `select n, repeat('${tag}', 1000) as text from unnest(generate_array(1, ${rows})) as n`;

/** Each of these faults once, for the first request that its pattern fits. */
function makeFaults(faults: [RegExp, Fault][]): () => number {
  const left = [...faults];
  fixture.proxy.onRequest = (line) => {
    const at = left.findIndex(([pattern]) => pattern.test(line));
    return at < 0 ? null : left.splice(at, 1)[0]![1];
  };
  return () => left.length;
}

const busy = (status: number, reason: string, headers = {}): Fault => ({
  kind: "answer",
  status,
  body: { error: { code: status, message: "later", errors: [{ reason }] } },
  headers,
});

test("quotas, broken connections and lost answers change nothing", async () => {
  const id = await fixture.makeTable("rough", wide(3_000, "x"), { sheetReaders: ["a@b.example"] });
  await fixture.exportTable(id);
  const spreadsheetId = await fixture.spreadsheetOf(id);
  await fixture.refill("rough", wide(2_500, "y"));
  const batchUpdate = /:batchUpdate$/;
  const left = makeFaults([
    [/files\/[^/]+\?/, busy(429, "userRateLimitExceeded", { "retry-after": "1" })],
    [/GET \/v4/, busy(503, "backendError")],
    [batchUpdate, busy(403, "rateLimitExceeded")],
    [batchUpdate, { kind: "loseAnswer" }],
    [/batchUpdateByDataFilter/, { kind: "loseAnswer" }],
    [/batchUpdateByDataFilter/, { kind: "cut" }],
    [batchUpdate, { kind: "loseAnswer" }],
    [/permissions/, busy(500, "internalError")],
  ]);
  await fixture.exportTable(id);
  expect(left()).toBe(0);
  const sheets = await fixture.allSheets(spreadsheetId);
  expect(sheets.map(({ properties }) => properties!.hidden ?? false)).toEqual([false, false]);
  const [newest] = await fixture.read(spreadsheetId);
  expect(newest!.values).toHaveLength(2_501);
  expect(newest!.values.slice(1).every(([, text]) => /^y{1000}$/.test(text as string))).toBe(true);
});

test("a room that died before it could write down its spreadsheet leaves no second one", async () => {
  const id = await fixture.makeTable("lost", "select 1 as n");
  makeFaults([[/POST \/drive\/v3\/files\?/, { kind: "loseAnswer" }]]);
  await expect(fixture.exportTable(id)).rejects.toMatchObject({ retryable: true });
  expect(await fixture.spreadsheetOf(id)).toBe("none");
  await fixture.exportTable(id);
  const named = (await fixture.files()).filter(({ name }) => name === "d.lost");
  expect(named.map((file) => file.id)).toEqual([await fixture.spreadsheetOf(id)]);
  expect(await fixture.read(named[0]!.id!)).toHaveLength(1);
});

test("a spreadsheet that somebody deletes or puts into the bin is made anew", async () => {
  const id = await fixture.makeTable("binned", "select 1 as n", { sheetReaders: ["a@b.example"] });
  await fixture.exportTable(id);
  const first = await fixture.spreadsheetOf(id);
  await fixture.drive.files.update({ fileId: first, requestBody: { trashed: true } });
  await fixture.exportTable(id);
  const second = await fixture.spreadsheetOf(id);
  await fixture.drive.files.delete({ fileId: second });
  await fixture.exportTable(id);
  const third = await fixture.spreadsheetOf(id);
  expect(new Set([first, second, third]).size).toBe(3);
  expect(await fixture.read(third)).toHaveLength(1);
  expect(await fixture.readers(third)).toEqual(["a@b.example reader"]);
});

test("a reader who looks all the time sees whole sheets alone", async () => {
  const id = await fixture.makeTable("watched", wide(4_000, "a"));
  await fixture.exportTable(id);
  const spreadsheetId = await fixture.spreadsheetOf(id);
  let isDone = false;
  const seen: number[] = [];
  const watching = (async () => {
    while (!isDone) {
      for (const { values } of await fixture.read(spreadsheetId)) seen.push(values.length);
    }
  })();
  for (const tag of ["b", "c", "d"]) {
    await fixture.refill("watched", wide(4_000, tag));
    await fixture.exportTable(id);
  }
  isDone = true;
  await watching;
  expect(new Set(seen)).toEqual(new Set([4_001]));
});

test("what a dead room left goes with the next export, and its own writes go nowhere", async () => {
  const id = await fixture.makeTable("dead", wide(4_000, "a"));
  await fixture.exportTable(id);
  const spreadsheetId = await fixture.spreadsheetOf(id);
  await fixture.refill("dead", wide(4_000, "b"));
  let letGo: (fault: null) => void = () => undefined;
  let writes = 0;
  const held = new Promise<null>((resolve) => {
    letGo = resolve;
  });
  // The second write of the first room hangs until another room has done the whole transfer.
  fixture.proxy.onRequest = (line) => {
    if (!line.includes("batchUpdateByDataFilter")) return null;
    writes += 1;
    return writes === 2 ? held : null;
  };
  const slow = fixture.exportTable(id, { fence: 1 }).catch((error: unknown) => error);
  await until("the first room writes", () => writes === 2);
  const hidden = (await fixture.allSheets(spreadsheetId)).filter((s) => s.properties?.hidden);
  expect(hidden).toHaveLength(1);
  await fixture.exportTable(id, { again: true, fence: 2 });
  letGo(null);
  expect(await slow).toBeInstanceOf(MaestroError);
  const sheets = await fixture.allSheets(spreadsheetId);
  expect(sheets.map(({ properties }) => properties!.hidden ?? false)).toEqual([false, false]);
  expect((await fixture.read(spreadsheetId)).map(({ values }) => values.length)).toEqual([
    4_001, 4_001,
  ]);
  // A room of the past that begins only now.
  await expect(fixture.exportTable(id, { again: true, fence: 1 })).rejects.toThrow(/another room/);
  expect(await fixture.allSheets(spreadsheetId)).toHaveLength(2);
});

test("a transfer that is done again, because nobody heard that it was, leaves one sheet", async () => {
  const id = await fixture.makeTable("twice", "select 1 as n");
  await fixture.exportTable(id, { fence: 1 });
  await fixture.exportTable(id, { again: true, fence: 2 });
  expect(await fixture.read(await fixture.spreadsheetOf(id))).toHaveLength(1);
});

test("a cancelled export leaves the sheets as they were", async () => {
  const id = await fixture.makeTable("stopped", wide(4_000, "a"));
  await fixture.exportTable(id);
  const spreadsheetId = await fixture.spreadsheetOf(id);
  const cancel = new AbortController();
  fixture.proxy.onRequest = (line) => {
    if (line.includes("batchUpdateByDataFilter")) cancel.abort();
    return null;
  };
  await expect(fixture.exportTable(id, { signal: cancel.signal })).rejects.toThrow();
  expect(await fixture.allSheets(spreadsheetId)).toHaveLength(1);
});

test("a table that changes while it is written is written again", async () => {
  const id = await fixture.makeTable("moving", wide(4_000, "a"));
  fixture.proxy.onRequest = async (line) => {
    if (line.includes("batchUpdateByDataFilter")) {
      fixture.proxy.onRequest = () => null;
      await fixture.refill("moving", wide(3_999, "b"));
    }
    return null;
  };
  await expect(fixture.exportTable(id)).rejects.toMatchObject({ retryable: true });
  const { result } = await fixture.exportTable(id, { again: true, fence: 2 });
  expect(result.rows).toBe(3_999);
  expect(await fixture.read(await fixture.spreadsheetOf(id))).toHaveLength(1);
});

test("readers are let in and shut out without an e-mail, and people's own readers stay", async () => {
  const sheetReaders = ["Ann@b.example", "bob@b.example"];
  const id = await fixture.makeTable("shared", "select 1 as n", { sheetReaders });
  const lines: string[] = [];
  fixture.proxy.onRequest = (line) => {
    if (line.startsWith("POST /drive") && line.includes("permissions")) lines.push(line);
    return null;
  };
  await fixture.exportTable(id);
  const spreadsheetId = await fixture.spreadsheetOf(id);
  expect(lines.map((line) => line.includes("sendNotificationEmail=false"))).toEqual([true, true]);
  await fixture.drive.permissions.create({
    fileId: spreadsheetId,
    requestBody: { type: "user", role: "reader", emailAddress: "friend@b.example" },
  });
  await fixture.deps.db
    .update(tables)
    .set({ sheetReaders: ["ann@b.example", "cleo@b.example"] })
    .where(eq(tables.id, id));
  lines.length = 0;
  await fixture.exportTable(id);
  expect(lines).toHaveLength(1);
  expect(await fixture.readers(spreadsheetId)).toEqual([
    "ann@b.example reader",
    "cleo@b.example reader",
    "friend@b.example reader",
  ]);
});

test("a reader whom Google does not know keeps nobody else out, and is named", async () => {
  const sheetReaders = ["nobody@b.example", "somebody@b.example"];
  const id = await fixture.makeTable("unknown", "select 1 as n", { sheetReaders });
  makeFaults([[/POST .*permissions/, busy(400, "invalidSharingRequest")]]);
  const failed = fixture.exportTable(id);
  await expect(failed).rejects.toThrow(/let nobody@b\.example read it.*take it from the table/);
  expect(await fixture.readers(await fixture.spreadsheetOf(id))).toEqual([
    "somebody@b.example reader",
  ]);
});

test("a refusal names what to turn on, to grant or to set", async () => {
  const refusals: [RegExp, number, object, RegExp][] = [
    [
      /POST \/drive/,
      403,
      { errors: [{ reason: "storageQuotaExceeded" }], message: "no storage" },
      /MAESTRO_SHEETS_FOLDER/,
    ],
    [
      /GET \/drive/,
      403,
      {
        message: "Google Drive API has not been used in project 1",
        details: [{ reason: "SERVICE_DISABLED", metadata: { service: "drive.googleapis.com" } }],
      },
      /turn on drive\.googleapis\.com/,
    ],
    [
      /GET \/drive/,
      403,
      { message: "scopes", details: [{ reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT" }] },
      /scope https:\/\/www\.googleapis\.com\/auth\/drive/,
    ],
    [
      /:batchUpdate/,
      403,
      { message: "The caller does not have permission", status: "PERMISSION_DENIED" },
      /share it with the account as an editor/,
    ],
    [/GET \/drive/, 401, { message: "Invalid Credentials" }, /check the key file/],
  ];
  const id = await fixture.makeTable("refused", "select 1 as n");
  for (const [pattern, code, error, words] of refusals) {
    makeFaults([[pattern, { kind: "answer", status: code, body: { error: { code, ...error } } }]]);
    const failure = await fixture.exportTable(id).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ retryable: false, message: expect.stringMatching(words) });
  }
});
