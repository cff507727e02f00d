import { afterAll, beforeAll, expect, test } from "vitest";
import {
  rejection,
  runJob,
  startTestCloud,
  type TestCloud,
  tableReference,
} from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

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
  await cloud.storage.bucket("bucket").file(table).save(content, { resumable: false });
  return runJob(cloud.bigquery, {
    load: {
      sourceUris: [`gs://bucket/${table}`],
      destinationTable: tableReference(table),
      ...options,
    },
  });
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
