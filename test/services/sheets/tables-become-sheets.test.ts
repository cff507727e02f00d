import { afterAll, beforeAll, expect, test } from "vitest";
import { insertCatalog } from "../../support/catalog.ts";
import { openSheetFixture, type SheetFixture } from "./sheet-fixture.ts";

let fixture: SheetFixture;
beforeAll(async () => {
  fixture = await openSheetFixture();
});
afterAll(() => fixture.close());

const titlePattern = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d( \(\d+\))?$/;

test("a table becomes the first sheet of a spreadsheet of its own", async () => {
  const id = await fixture.makeTable(
    "orders",
    `select n as id, concat('order ', cast(n as string)) as title
     from unnest(generate_array(1, 12000)) as n order by n`,
  );
  const { result, progress } = await fixture.exportTable(id);
  const spreadsheetId = await fixture.spreadsheetOf(id);
  expect(result).toEqual({
    rows: 12_000,
    target: `${fixture.url}/spreadsheets/d/${spreadsheetId}/edit`,
  });
  const [sheet, ...others] = await fixture.read(spreadsheetId);
  expect(others).toEqual([]);
  expect(sheet!.title).toMatch(titlePattern);
  expect(sheet!.values[0]).toEqual(["id", "title"]);
  const rows = sheet!.values.slice(1).sort((a, b) => Number(a[0]) - Number(b[0]));
  expect(rows).toEqual(Array.from({ length: 12_000 }, (_, n) => [n + 1, `order ${n + 1}`]));
  expect(progress.at(-1)).toEqual({ rows: 12_000, totalRows: 12_000 });

  const [{ properties }] = (await fixture.allSheets(spreadsheetId)) as [
    { properties: { gridProperties: object } },
  ];
  expect(properties.gridProperties).toEqual({
    rowCount: 12_001,
    columnCount: 2,
    frozenRowCount: 1,
  });
  const page = await (await fetch(`${fixture.url}/spreadsheets/d/${spreadsheetId}`)).text();
  expect(page).toContain("d.orders");
  expect(page).toContain(sheet!.title);
  expect(page).toContain("order 12");
});

test("every value arrives as what it was, or as a text that says the same", async () => {
  const id = await fixture.makeTable(
    "kinds",
    `select 1 as place, '=1+1' as words, 7 as small, 9007199254740993 as large,
       numeric '12.5' as price, numeric '1234567890123456.78' as exact, 0.1 as ratio,
       true as yes, date '2024-02-29' as day, date '0001-01-01' as era,
       timestamp '2024-02-29 12:00:00+00' as moment, timestamp '2024-02-29 12:00:00.000001+00' as tick,
       datetime '2024-02-29T06:00:00.250' as clock, time '01:02:03' as daytime,
       [1, 2] as several, struct(1 as a, 'b' as b) as pair, b'\\x00\\xff' as raw
     union all
     select 2, '+49 30', -3, 1, numeric '-0.5', numeric '2', cast('nan' as float64), false,
       date '1999-12-31', date '2024-01-01', timestamp '1999-12-31 00:00:00+00',
       timestamp '2024-01-01 00:00:00+00', datetime '2024-01-01T00:00:00', time '00:00:00',
       [], struct(2, cast(null as string)), b'a'
     union all
     select 3, '', null, null, null, null, null, null, null, null, null, null, null, null,
       [], null, null`,
  );
  await fixture.exportTable(id);
  const [sheet] = await fixture.read(await fixture.spreadsheetOf(id));
  const [header, ...rows] = sheet!.values;
  const byPlace = rows.sort((a, b) => Number(a[0]) - Number(b[0]));
  const records = byPlace.map((row) =>
    Object.fromEntries(header!.map((name, index) => [name as string, row[index]])),
  );
  expect(records[0]).toEqual({
    place: 1,
    words: "=1+1",
    small: 7,
    large: "9007199254740993",
    price: 12.5,
    exact: "1234567890123456.78",
    ratio: 0.1,
    yes: true,
    day: 45_351,
    era: "0001-01-01",
    moment: 45_351.5,
    tick: "2024-02-29T12:00:00.000001Z",
    clock: 45_351.25 + 250 / 86_400_000,
    daytime: "01:02:03",
    several: "[1,2]",
    pair: '{"a":1,"b":"b"}',
    raw: "AP8=",
  });
  // A column has one form: what would fit as a number is a text beside one that does not.
  expect(records[1]).toMatchObject({ large: "1", exact: "2", era: "2024-01-01", words: "+49 30" });
  expect(records[1]).toMatchObject({ ratio: "NaN", price: -0.5, yes: false, day: 36_525 });
  expect(records[2]!["words"] ?? "").toBe("");
  expect(records[2]!["small"] ?? "").toBe("");
});

test("seven exports are kept, the newest first, and what people add stays", async () => {
  const id = await fixture.makeTable("weekly", "select 0 as week");
  await fixture.exportTable(id);
  const spreadsheetId = await fixture.spreadsheetOf(id);
  await fixture.sheets.spreadsheets.batchUpdate({
    spreadsheetId,
    requestBody: { requests: [{ addSheet: { properties: { title: "notes of ours" } } }] },
  });
  for (let week = 1; week <= 8; week += 1) {
    await fixture.refill("weekly", `select ${week} as week`);
    await fixture.exportTable(id);
  }
  expect(await fixture.spreadsheetOf(id)).toBe(spreadsheetId);
  const shown = await fixture.read(spreadsheetId);
  expect(shown.filter(({ title }) => title === "notes of ours")).toHaveLength(1);
  const weeks = shown.filter(({ title }) => titlePattern.test(title)).map((s) => s.values[1]![0]);
  expect(weeks).toEqual([8, 7, 6, 5, 4, 3, 2]);
});

test("a copy that somebody makes of one of ours is theirs", async () => {
  const id = await fixture.makeTable("copied", "select 1 as n");
  await fixture.exportTable(id);
  const spreadsheetId = await fixture.spreadsheetOf(id);
  const [ours] = await fixture.allSheets(spreadsheetId);
  const developerMetadata = ours!.developerMetadata!.map(({ metadataKey, metadataValue }) => ({
    createDeveloperMetadata: {
      developerMetadata: { metadataKey, metadataValue, location: { sheetId: 77 } },
    },
  }));
  const addSheet = { properties: { sheetId: 77, title: "Copy" } };
  await fixture.sheets.spreadsheets.batchUpdate({
    spreadsheetId,
    requestBody: { requests: [{ addSheet }, ...developerMetadata] as object[] },
  });
  for (let n = 0; n < 8; n += 1) await fixture.exportTable(id);
  const titles = (await fixture.read(spreadsheetId)).map(({ title }) => title);
  expect(titles).toContain("Copy");
  expect(titles).toHaveLength(8);
});

test("an empty table is a header alone", async () => {
  const id = await fixture.makeTable("none", "select 1 as a, date '2024-01-01' as b limit 0");
  const { result } = await fixture.exportTable(id);
  expect(result.rows).toBe(0);
  const [sheet] = await fixture.read(await fixture.spreadsheetOf(id));
  expect(sheet!.values).toEqual([["a", "b"]]);
});

test("what a sheet cannot take is refused before anything is written", async () => {
  const files = (await fixture.files()).length;
  const refusals = [
    [
      "long",
      "select n from unnest(generate_array(1, 21)) as n",
      /21 rows.*20 rows.*SHEET_MAX_ROWS/,
    ],
    ["heavy", "select repeat('x', 300) as t", /bytes.*200 bytes.*SHEET_MAX_BYTES/],
  ] as const;
  const { limits } = fixture.deps;
  const before = { ...limits };
  try {
    Object.assign(limits, { sheetRows: 20, sheetBytes: 200 });
    for (const [name, query, words] of refusals) {
      const id = await fixture.makeTable(name, query);
      await expect(fixture.exportTable(id)).rejects.toThrow(words);
    }
  } finally {
    Object.assign(limits, before);
  }
  const cell = await fixture.makeTable("cell", "select 1 as n, repeat('x', 50001) as story");
  await expect(fixture.exportTable(cell)).rejects.toThrow(/50,001 characters in the column story/);
  const ids = await insertCatalog(fixture.deps.db, [{ name: "unmade" }]);
  await expect(fixture.exportTable(ids.get("unmade")!)).rejects.toThrow(
    /no table d\.unmade in BigQuery: run it/,
  );
  expect(await fixture.files()).toHaveLength(files);
});
