import { afterAll, expect, test } from "vitest";
import { loading } from "./support/loading.ts";
import { rejection, runJob, startTestCloud, tableReference } from "./support/local-cloud.ts";

const cloud = await startTestCloud();
afterAll(() => cloud.stop());
const files = loading(cloud);

async function extracted(table: string, format: string): Promise<string> {
  const name = `${table}.${format}`;
  await runJob(cloud.bigquery, {
    extract: {
      sourceTable: tableReference(table),
      destinationUris: [`gs://bucket/${name}`],
      destinationFormat: format,
    },
  });
  const [content] = await cloud.storage.bucket("bucket").file(name).download();
  return content.toString();
}

async function load(table: string, content: string, options: Record<string, unknown>) {
  await files.put(table, content);
  return files.load(table, table, options);
}

test("intervals go into a table and out of it as BigQuery writes them", async () => {
  const fields = [
    { name: "id", type: "INTEGER" },
    { name: "i", type: "INTERVAL" },
    { name: "many", type: "INTERVAL", mode: "REPEATED" },
  ];
  const [table] = await cloud.bigquery.dataset("d").createTable("spans", { schema: { fields } });
  await table.insert([
    { id: 1, i: "1-2 3 4:5:6.5", many: ["0-0 1 0:0:0", "P1Y"] },
    { id: 2, i: null, many: [] },
  ]);
  await cloud.bigquery.query(
    "INSERT INTO d.spans SELECT 3, DATE '2024-03-01' - DATE '2024-02-01', [INTERVAL -90 SECOND]",
  );
  const [rows] = await cloud.bigquery.query("SELECT * FROM d.spans ORDER BY id");
  expect(rows).toEqual([
    { id: 1, i: "1-2 3 4:5:6.500", many: ["0-0 1 0:0:0", "1-0 0 0:0:0"] },
    { id: 2, i: null, many: [] },
    { id: 3, i: "0-0 29 0:0:0", many: ["0-0 0 -0:1:30"] },
  ]);
  const [metadata] = await table.getMetadata();
  expect(metadata.schema.fields[1]).toMatchObject({ name: "i", type: "INTERVAL" });
  expect(await extracted("spans", "NEWLINE_DELIMITED_JSON")).toContain(
    '{"id":"3","i":"0-0 29 0:0:0","many":["0-0 0 -0:1:30"]}',
  );
  expect((await rejection(extracted("spans", "PARQUET"))).message).toContain(
    "Extracting INTERVAL to Parquet is not supported by the local warehouse",
  );
  const message = expect.stringContaining("Could not parse 'a while' as INTERVAL");
  await expect(table.insert([{ id: 4, i: "a while" }])).rejects.toMatchObject({
    errors: [{ errors: [{ message }] }],
  });
});

test("files bring intervals in either of BigQuery's forms", async () => {
  const schema = {
    fields: [
      { name: "id", type: "INTEGER" },
      { name: "i", type: "INTERVAL" },
    ],
  };
  await load("csv_spans", "1,P1Y2M3DT4H5M6S\n2,0-0 5 0:0:0\n3,\n", { schema });
  await load("json_spans", '{"id":1,"i":"-1-0 0 0:0:0"}\n', {
    schema,
    sourceFormat: "NEWLINE_DELIMITED_JSON",
  });
  const [rows] = await cloud.bigquery.query(
    "SELECT id, i FROM d.csv_spans UNION ALL SELECT id + 3, i FROM d.json_spans ORDER BY id",
  );
  expect(rows.map((row: { i: string }) => row.i)).toEqual([
    "1-2 3 4:5:6",
    "0-0 5 0:0:0",
    null,
    "-1-0 0 0:0:0",
  ]);
  expect(await extracted("csv_spans", "CSV")).toContain("1-2 3 4:5:6");
});

test("big numbers keep all of their digits, in tables, parameters and files", async () => {
  const most = "578960446186580977117854925043439539266.34992332820282019728792003956564819967";
  const schema = {
    fields: [
      { name: "id", type: "INTEGER" },
      { name: "x", type: "BIGNUMERIC" },
      { name: "many", type: "BIGDECIMAL", mode: "REPEATED" },
    ],
  };
  const [table] = await cloud.bigquery.dataset("d").createTable("bigs", { schema });
  await table.insert([
    { id: 1, x: most, many: ["1.5", 2] },
    { id: 2, x: null, many: [] },
  ]);
  await cloud.bigquery.query("INSERT INTO d.bigs SELECT 3, -1, [BIGNUMERIC '1e-38']");
  const rows = async (sql: string) => {
    const [found] = await cloud.bigquery.query(sql);
    return found.map((row: { x: unknown }) => (row.x === null ? null : String(row.x)));
  };
  const texts = (table: string) => `SELECT CAST(x AS STRING) AS x FROM d.${table} ORDER BY id`;
  expect(await rows(texts("bigs"))).toEqual([most, null, "-1"]);
  const [found] = await cloud.bigquery.query({
    query: "SELECT id FROM d.bigs WHERE x >= @x AND x > 5",
    params: { x: most },
    types: { x: "BIGNUMERIC" },
  });
  expect(found).toEqual([{ id: 1 }]);
  const [metadata] = await table.getMetadata();
  expect(metadata.schema.fields[2]).toMatchObject({ type: "BIGNUMERIC", mode: "REPEATED" });
  const json = await extracted("bigs", "NEWLINE_DELIMITED_JSON");
  expect(json).toContain(`{"id":"1","x":"${most}","many":["1.5","2"]}`);
  await load("bigs_again", json, { schema, sourceFormat: "NEWLINE_DELIMITED_JSON" });
  expect(await rows(texts("bigs_again"))).toEqual([most, null, "-1"]);
  await load("bigs_csv", `1,${most}\n2,1e-39\n`, { schema: { fields: schema.fields.slice(0, 2) } });
  expect(await rows(texts("bigs_csv"))).toEqual([most, "0"]);
  await cloud.bigquery.query("CREATE TABLE d.bigs_made (id INT64, x BIGNUMERIC)");
  await cloud.bigquery.query("INSERT INTO d.bigs_made VALUES (1, 2.5), (2, NUMERIC '7')");
  expect(await rows("SELECT SUM(x) AS x FROM d.bigs_made")).toEqual(["9.5"]);
  const narrow = { fields: [{ name: "x", type: "BIGNUMERIC", precision: "50", scale: "20" }] };
  const refused = await rejection(
    cloud.bigquery.dataset("d").createTable("bigs_narrow", { schema: narrow }),
  );
  expect(refused.message).toContain("BIGNUMERIC with a precision or scale is not supported");
  const tooMuch = await rejection(cloud.bigquery.query("SELECT x + 1 FROM d.bigs WHERE id = 1"));
  expect(tooMuch.message).toContain("BIGNUMERIC overflow");
});

test("ranges go into a table and out of it, with ends and without", async () => {
  const schema = {
    fields: [
      { name: "id", type: "INTEGER" },
      { name: "d", type: "RANGE", rangeElementType: { type: "DATE" } },
      { name: "t", type: "RANGE", rangeElementType: { type: "TIMESTAMP" } },
    ],
  };
  const [table] = await cloud.bigquery.dataset("d").createTable("ranges", { schema });
  await table.insert([
    { id: 1, d: "[2020-01-01, 2020-02-01)", t: { start: "2020-01-01T00:00:00Z", end: null } },
    { id: 2, d: null, t: "[UNBOUNDED, UNBOUNDED)" },
  ]);
  await cloud.bigquery.query(
    "INSERT INTO d.ranges SELECT 3, RANGE(NULL, DATE '2024-03-01'), RANGE(TIMESTAMP '2024-01-01 00:00:00+00', NULL)",
  );
  const [rows] = await cloud.bigquery.query("SELECT id, d, t FROM d.ranges ORDER BY id");
  const plain = JSON.parse(JSON.stringify(rows)) as unknown[];
  expect(plain).toMatchObject([
    {
      d: { start: { value: "2020-01-01" }, end: { value: "2020-02-01" } },
      t: { start: { value: "2020-01-01T00:00:00.000Z" } },
    },
    { d: null, t: { elementType: "TIMESTAMP" } },
    { d: { end: { value: "2024-03-01" } }, t: { start: { value: "2024-01-01T00:00:00.000Z" } } },
  ]);
  const [metadata] = await table.getMetadata();
  expect(metadata.schema.fields[1]).toMatchObject({
    type: "RANGE",
    rangeElementType: { type: "DATE" },
  });
  const [found] = await cloud.bigquery.query({
    query: "SELECT id FROM d.ranges WHERE RANGE_OVERLAPS(d, @r) ORDER BY id",
    params: { r: cloud.bigquery.range("[2020-01-15, UNBOUNDED)", "DATE") },
  });
  expect(found).toEqual([{ id: 1 }, { id: 3 }]);
  const json = await extracted("ranges", "NEWLINE_DELIMITED_JSON");
  expect(json).toContain('"d":{"start":"2020-01-01","end":"2020-02-01"}');
  await load("ranges_again", json, { schema, sourceFormat: "NEWLINE_DELIMITED_JSON" });
  await load("ranges_csv", '1,"[2020-01-01, 2020-02-01)"\n3,"[UNBOUNDED, 2024-03-01)"\n', {
    schema: { fields: schema.fields.slice(0, 2) },
  });
  const [same] = await cloud.bigquery.query(
    "SELECT COUNT(*) AS n FROM d.ranges AS a JOIN d.ranges_again AS b USING (id) LEFT JOIN d.ranges_csv AS c USING (id) WHERE a.t = b.t AND a.d IS NOT DISTINCT FROM b.d AND a.d IS NOT DISTINCT FROM c.d",
  );
  expect(same).toEqual([{ n: 3 }]);
  await cloud.bigquery.query("CREATE TABLE d.ranges_made (r RANGE<DATETIME>)");
  const mixed = await rejection(
    cloud.bigquery.query("INSERT INTO d.ranges_made SELECT d FROM d.ranges"),
  );
  expect(mixed.message).toContain("RANGE<DATETIME>");
});
