import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { sheets_v4 } from "@googleapis/sheets";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientsOf, spawnCloud, startTestCloud, type TestCloud } from "./support/local-cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const mimeType = "application/vnd.google-apps.spreadsheet";

async function makeSpreadsheet({ drive }: Pick<TestCloud, "drive"> = cloud): Promise<string> {
  const requestBody = { name: "a <b>", mimeType, appProperties: { key: "value" } };
  const { data } = await drive.files.create({ requestBody, fields: "id" });
  return data.id!;
}

const update = (spreadsheetId: string, ...requests: sheets_v4.Schema$Request[]) =>
  cloud.sheets.spreadsheets.batchUpdate({ spreadsheetId, requestBody: { requests } });

const write = (
  { sheets }: Pick<TestCloud, "sheets">,
  spreadsheetId: string,
  values: unknown[][],
  startRowIndex = 0,
) => {
  const gridRange = {
    sheetId: 0,
    startRowIndex,
    endRowIndex: startRowIndex + values.length,
    startColumnIndex: 0,
    endColumnIndex: 26,
  };
  const data = [{ dataFilter: { gridRange }, majorDimension: "ROWS", values }];
  return sheets.spreadsheets.values.batchUpdateByDataFilter({
    spreadsheetId,
    requestBody: { valueInputOption: "RAW", data },
  });
};

async function read({ sheets }: Pick<TestCloud, "sheets">, spreadsheetId: string) {
  const { data } = await sheets.spreadsheets.values.batchGetByDataFilter({
    spreadsheetId,
    requestBody: {
      dataFilters: [{ gridRange: { sheetId: 0 } }],
      valueRenderOption: "UNFORMATTED_VALUE",
    },
  });
  return data.valueRanges?.[0]?.valueRange?.values ?? [];
}

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error("it was carried out"),
    (thrown: Error) => thrown,
  );
  return error.message;
}

test("a batch is carried out wholly or not at all", async () => {
  const id = await makeSpreadsheet();
  const add = (title: string) => ({ addSheet: { properties: { title } } });
  const message = await refusalOf(update(id, add("one"), add("one")));
  expect(message).toContain('A sheet with the name "one" already exists');
  const { data } = await cloud.sheets.spreadsheets.get({ spreadsheetId: id });
  expect(data.sheets!.map(({ properties }) => properties!.title)).toEqual(["Sheet1"]);
});

test("it refuses what Google refuses", async () => {
  const id = await makeSpreadsheet();
  const hide = { properties: { sheetId: 0, hidden: true }, fields: "hidden" };
  expect(await refusalOf(update(id, { updateSheetProperties: hide }))).toContain("visible sheets");
  const gridProperties = { rowCount: 1_000_000, columnCount: 11 };
  const large = { addSheet: { properties: { gridProperties } } };
  expect(await refusalOf(update(id, large))).toContain("10000000 cells");
  expect(await refusalOf(write(cloud, id, [["x".repeat(50_001)]]))).toContain("50000 characters");
  expect(await refusalOf(write(cloud, id, [["x"]], 1000))).toContain("exceeds grid limits");
  expect(await refusalOf(write(cloud, "none", [["x"]]))).toContain("not found");
});

test("it names what it does not support instead of ignoring it", async () => {
  const id = await makeSpreadsheet();
  const refusals = [
    [() => update(id, { mergeCells: {} }), "mergeCells"],
    [
      () => update(id, { addSheet: { properties: { tabColor: { red: 1 } } } }),
      "properties.tabColor",
    ],
    [() => cloud.sheets.spreadsheets.create({ requestBody: {} }), "POST /v4/spreadsheets"],
    [
      () => cloud.sheets.spreadsheets.get({ spreadsheetId: id, includeGridData: true }),
      "includeGridData",
    ],
    [() => cloud.drive.files.list({ q: "name contains 'a'" }), "name contains 'a'"],
    [
      () => cloud.drive.files.create({ requestBody: { mimeType: "text/plain" } }),
      "mimeType text/plain",
    ],
    [() => cloud.drive.about.get({ fields: "user" }), "GET /drive/v3/about"],
  ] as const;
  for (const [call, name] of refusals) {
    const message = await refusalOf(call());
    expect(message).toContain("not supported by the local cloud");
    expect(message).toContain(name);
  }
});

test("a later value covers an earlier one, and null leaves a cell as it was", async () => {
  const id = await makeSpreadsheet();
  await write(cloud, id, [
    ["a", "b"],
    ["c", "d"],
  ]);
  await write(cloud, id, [["e", null]], 1);
  expect(await read(cloud, id)).toEqual([
    ["a", "b"],
    ["e", "d"],
  ]);
});

test("a page shows it to people, and texts are texts there", async () => {
  const id = await makeSpreadsheet();
  await write(cloud, id, [["<script>alert(1)</script>", true, 1.5]]);
  const { data } = await cloud.sheets.spreadsheets.get({ spreadsheetId: id });
  const answer = await fetch(data.spreadsheetUrl!);
  const html = await answer.text();
  expect(html).toContain("a &lt;b&gt;");
  expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(html).toContain("TRUE");
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  await cloud.drive.files.update({ fileId: id, requestBody: { trashed: true } });
  expect((await fetch(data.spreadsheetUrl!)).status).toBe(404);
});

test("what was answered outlives kill -9", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "maestro-test-cloud-"));
  try {
    const first = await spawnCloud(dataDir);
    const clients = await clientsOf(first.url);
    const id = await makeSpreadsheet(clients);
    let answered = 0;
    const writing = (async () => {
      for (let row = 0; row < 900; row += 1) {
        await write(clients, id, [[`row ${row}`]], row);
        answered = row + 1;
        if (answered === 40) await first.kill("SIGKILL");
      }
    })().catch(() => undefined);
    await writing;
    const second = await spawnCloud(dataDir);
    const again = await clientsOf(second.url);
    const rows = await read(again, id);
    expect(answered).toBe(40);
    expect(rows.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, row) => [`row ${row}`]));
    await second.kill("SIGKILL");
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
