import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createFileDecoder, type Schema, streams } from "avsc";
import { afterAll, expect, test } from "vitest";
import { loading } from "./support/loading.ts";
import { rejection, runJob, startTestCloud, tableReference } from "./support/local-cloud.ts";

const cloud = await startTestCloud();
afterAll(() => cloud.stop());
const { fieldsOf, ...files } = loading(cloud);

function load(table: string, uri: string, options: Record<string, unknown> = {}) {
  return files.load(table, uri, {
    sourceFormat: "AVRO",
    writeDisposition: "WRITE_APPEND",
    ...options,
  });
}

/** A file as another program writes it. */
async function putAvro(name: string, schema: Schema, rows: unknown[], codec = "null") {
  const path = join(cloud.dataDir, "written.avro");
  const encoder = new streams.BlockEncoder(schema, { codec, writeHeader: true });
  await pipeline(Readable.from(rows), encoder, createWriteStream(path));
  await cloud.storage.bucket("bucket").upload(path, { destination: name, resumable: false });
}

function extract(table: string, uri: string, options: Record<string, unknown> = {}) {
  return runJob(cloud.bigquery, {
    extract: {
      sourceTable: tableReference(table),
      destinationUri: `gs://bucket/${uri}`,
      destinationFormat: "AVRO",
      ...options,
    },
  });
}

async function rowsOf(table: string) {
  const [rows] = await cloud.bigquery.query(
    `SELECT TO_JSON_STRING(t) AS row FROM d.${table} AS t ORDER BY row`,
  );
  return rows.map(({ row }: { row: string }) => JSON.parse(row));
}

const person = {
  type: "record",
  name: "Person",
  fields: [
    { name: "id", type: "long" },
    { name: "name", type: ["null", "string"], default: null },
    { name: "tags", type: { type: "array", items: "string" } },
    { name: "kind", type: { type: "enum", name: "Kind", symbols: ["A", "B"] } },
    { name: "hash", type: { type: "fixed", name: "Hash", size: 2 } },
    { name: "scores", type: { type: "map", values: "int" } },
    { name: "ratio", type: "double" },
    {
      name: "boss",
      type: [
        "null",
        {
          type: "record",
          name: "Boss",
          fields: [
            { name: "name", type: "string" },
            { name: "kind", type: "Kind" },
          ],
        },
      ],
    },
  ],
} as Schema;

test.each(["null", "deflate"])(
  "a file of codec %s keeps records, arrays, maps and nulls",
  async (codec) => {
    const rows = [
      {
        id: 1,
        name: "Ada",
        tags: ["x", "é"],
        kind: "A",
        hash: Buffer.from([1, 255]),
        scores: { a: 1 },
        ratio: 0.5,
        boss: null,
      },
      {
        id: 2,
        name: null,
        tags: [],
        kind: "B",
        hash: Buffer.from([0, 0]),
        scores: {},
        ratio: -2,
        boss: { name: 'O"B\n', kind: "A" },
      },
    ];
    await putAvro(`people-${codec}.avro`, person, rows, codec);
    await load(`people_${codec}`, `people-${codec}.avro`);
    expect(await fieldsOf(`people_${codec}`)).toEqual([
      "id INTEGER REQUIRED",
      "name STRING",
      "tags STRING REPEATED",
      "kind STRING REQUIRED",
      "hash BYTES REQUIRED",
      "scores RECORD REPEATED",
      "ratio FLOAT REQUIRED",
      "boss RECORD",
    ]);
    expect(await rowsOf(`people_${codec}`)).toEqual([
      {
        id: 1,
        name: "Ada",
        tags: ["x", "é"],
        kind: "A",
        hash: "Af8=",
        scores: [{ key: "a", value: 1 }],
        ratio: 0.5,
        boss: null,
      },
      {
        id: 2,
        name: null,
        tags: [],
        kind: "B",
        hash: "AAA=",
        scores: [],
        ratio: -2,
        boss: { name: 'O"B\n', kind: "A" },
      },
    ]);
  },
);

const logicalSchema = {
  type: "record",
  name: "Times",
  fields: [
    { name: "day", type: { type: "int", logicalType: "date" } },
    { name: "at", type: { type: "long", logicalType: "timestamp-micros" } },
    { name: "ms", type: { type: "long", logicalType: "timestamp-millis" } },
    { name: "clock", type: { type: "long", logicalType: "time-micros" } },
    { name: "wall", type: { type: "long", logicalType: "local-timestamp-micros" } },
    { name: "price", type: { type: "bytes", logicalType: "decimal", precision: 10, scale: 2 } },
    { name: "doc", type: { type: "string", sqlType: "JSON" } },
  ],
} as Schema;
const times = {
  day: 20_454,
  at: 1_767_225_600_000_001,
  ms: -1,
  clock: 3_723_000_004,
  wall: 1_767_225_600_000_000,
  price: Buffer.from([0xff, 0x85]),
  doc: '{\n"a": 12345678901234567890}',
};

test("logical types are dates and times where the job uses them, and numbers where not", async () => {
  await putAvro("times.avro", logicalSchema, [times]);
  await load("times", "times.avro", { useAvroLogicalTypes: true });
  expect(await rowsOf("times")).toEqual([
    {
      day: "2026-01-01",
      at: "2026-01-01T00:00:00.000001Z",
      ms: "1969-12-31T23:59:59.999Z",
      clock: "01:02:03.000004",
      wall: "2026-01-01T00:00:00",
      price: "-1.23",
      doc: expect.anything(),
    },
  ]);
  await load("raw_times", "times.avro");
  expect((await fieldsOf("raw_times")).map((field) => field.split(" ")[1])).toEqual([
    "INTEGER",
    "INTEGER",
    "INTEGER",
    "INTEGER",
    "INTEGER",
    "NUMERIC",
    "JSON",
  ]);
});

test("unions of several types are refused by name, and broken files say what is wrong", async () => {
  const union = { type: "record", name: "U", fields: [{ name: "v", type: ["int", "string"] }] };
  await putAvro("union.avro", union as Schema, [{ v: 1 }]);
  expect(await rejection(load("union", "union.avro"))).toMatchObject({
    reason: "notImplemented",
    message: expect.stringContaining("field v is a union of several types"),
  });
  await cloud.storage.bucket("bucket").file("none.avro").save("a,b\n", { resumable: false });
  expect((await rejection(load("none", "none.avro"))).message).toContain(
    "The Apache Avro library failed to read data with the following error: Invalid data file. Magic does not match File: gs://bucket/none.avro",
  );
  const [whole] = await cloud.storage.bucket("bucket").file("times.avro").download();
  const cut = whole.subarray(0, whole.length - 10);
  await cloud.storage.bucket("bucket").file("cut.avro").save(cut, { resumable: false });
  expect((await rejection(load("cut", "cut.avro"))).message).toContain("EOF reached");
});

test.each(["NONE", "DEFLATE", "SNAPPY"])(
  "an extract of compression %s loads as what it was",
  async (compression) => {
    await cloud.bigquery.query(`CREATE OR REPLACE TABLE d.all_types AS
    SELECT 9007199254740993 AS i, 0.1 AS f, TRUE AS b, 'x' AS s, b'\\xff' AS y, NUMERIC '-1.000000001' AS n,
      TIMESTAMP '2026-01-01 00:00:00.000001+00' AS ts, [1, 2] AS a, STRUCT('q' AS m, [STRUCT(1 AS z)] AS list) AS st,
      JSON '{"k": 1}' AS js, DATE '0001-01-01' AS d, TIME '01:02:03' AS t
    UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`);
    const job = await extract("all_types", `all-${compression}-*.avro`, {
      compression,
      useAvroLogicalTypes: true,
    });
    expect(job.statistics.extract.destinationUriFileCounts).toEqual(["1"]);
    await load(`back_${compression}`, `all-${compression}-*.avro`, { useAvroLogicalTypes: true });
    expect(await rowsOf(`back_${compression}`)).toEqual(await rowsOf("all_types"));
  },
);

test("an extract says in its schema what BigQuery's says", async () => {
  await cloud.bigquery.query(
    "CREATE OR REPLACE TABLE d.dates AS SELECT DATE '2026-01-02' AS day, DATETIME '2026-01-02 03:04:05' AS wall",
  );
  const read = async (uri: string) => {
    const path = join(cloud.dataDir, "read.avro");
    const [content] = await cloud.storage.bucket("bucket").file(uri).download();
    await writeFile(path, content);
    const decoder = createFileDecoder(path);
    const rows: unknown[] = [];
    decoder.on("data", (row) => rows.push(row));
    const schema = new Promise((resolve) => {
      decoder.on("metadata", (_type, _codec, header) =>
        resolve(JSON.parse(header.meta["avro.schema"].toString())),
      );
    });
    await once(decoder, "end");
    return { schema: (await schema) as { name: string; fields: { type: unknown }[] }, rows };
  };
  await extract("dates", "dates.avro");
  const plain = await read("dates.avro");
  expect(plain.schema.name).toBe("Root");
  expect(plain.schema.fields.map(({ type }) => type)).toEqual([
    ["null", { type: "string", sqlType: "DATE" }],
    ["null", { type: "string", sqlType: "DATETIME" }],
  ]);
  expect(JSON.parse(JSON.stringify(plain.rows))).toEqual([
    { day: "2026-01-02", wall: "2026-01-02T03:04:05" },
  ]);
  await extract("dates", "logical.avro", { useAvroLogicalTypes: true });
  const logical = await read("logical.avro");
  expect(logical.schema.fields.map(({ type }) => type)).toEqual([
    ["null", { type: "int", logicalType: "date" }],
    ["null", { type: "string", logicalType: "datetime" }],
  ]);
});

test("compressions that Avro does not have are refused", async () => {
  await cloud.bigquery.query("CREATE OR REPLACE TABLE d.one AS SELECT 1 AS x");
  expect((await rejection(extract("one", "one.avro", { compression: "GZIP" }))).message).toContain(
    "AVRO cannot be compressed by GZIP",
  );
});
