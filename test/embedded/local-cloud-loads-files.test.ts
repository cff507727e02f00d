import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { loading, schema } from "./support/loading.ts";
import { rejection, runJob, startTestCloud, tableReference } from "./support/local-cloud.ts";

const cloud = await startTestCloud();
afterAll(() => cloud.stop());
const { put, load, rowsOf } = loading(cloud);

test("CSV files of a wildcard, plain and compressed, are one load", async () => {
  await put("csv/a-1.csv", "id,name\n1,Ada\n2,\n");
  await put("csv/a-2.csv.gz", gzipSync('id,name\n3,""\n4,"O""Brien, J."\n'));
  await put("csv/b.csv", "id,name\n99,not this one\n");
  const job = await load("people", "csv/a-*", {
    skipLeadingRows: 1,
    schema: schema(["id", "INT64"], ["name", "STRING"]),
  });
  expect(await rowsOf("people")).toEqual([
    { id: 1, name: "Ada" },
    { id: 2, name: null },
    { id: 3, name: "" },
    { id: 4, name: "O'Brien, J.".replace("'", '"') },
  ]);
  expect(job.statistics.load).toMatchObject({ inputFiles: "2", outputRows: "4", badRecords: "0" });
  const [table] = await cloud.bigquery.dataset("d").table("people").getMetadata();
  expect(job.statistics.load.outputBytes).toBe(table.numBytes);
});

test("every type of a CSV column is read by BigQuery's rules", async () => {
  await put(
    "types.csv",
    [
      '7,1.5,true,x,aGk=,2026-01-02,2026-01-02T03:04:05.5,2026-01-02 03:04:05 UTC,03:04:05,123.456789012,"{""a"": 1}"',
      "-7,nan,NO,y,,2026-01-02,2026-01-02 03:04:05,2026-01-02T03:04:05+02:00,03:04:05.25,-0.5,[1]",
    ].join("\n"),
  );
  await load("types", "types.csv", {
    schema: schema(
      ["i", "INTEGER"],
      ["f", "FLOAT"],
      ["b", "BOOLEAN"],
      ["s", "STRING"],
      ["bytes", "BYTES"],
      ["day", "DATE"],
      ["dt", "DATETIME"],
      ["ts", "TIMESTAMP"],
      ["t", "TIME"],
      ["num", "NUMERIC"],
      ["js", "JSON"],
    ),
  });
  const [a, b] = await rowsOf("types", "i DESC");
  expect([a.i, a.f, a.b, a.bytes.toString(), String(a.num)]).toEqual([
    7,
    1.5,
    true,
    "hi",
    "123.456789012",
  ]);
  expect([a.day.value, a.t.value]).toEqual(["2026-01-02", "03:04:05"]);
  expect(a.ts.value).toContain("2026-01-02T03:04:05");
  expect(b.ts.value).toContain("2026-01-02T01:04:05");
  expect([b.f, b.b, b.bytes, String(b.num)]).toEqual([Number.NaN, false, null, "-0.5"]);
  expect(JSON.parse(a.js)).toEqual({ a: 1 });
});

test.each([
  ["an INT64 that is none", "1.5", "INTEGER", "Could not parse '1.5' as INT64 for field v"],
  ["a boolean that is none", "maybe", "BOOLEAN", "Could not parse 'maybe' as BOOL for field v"],
  ["a date that is none", "2026-02-30", "DATE", "Could not parse '2026-02-30' as DATE"],
  ["JSON that is none", "{", "JSON", "Could not parse '{' as JSON"],
])("%s ends the load, and nothing is written", async (name, text, type, message) => {
  const file = `bad-${name.replaceAll(" ", "-")}.csv`;
  await put(
    file,
    `ok,1\n${"good,1\n".repeat(3)}`.replace(/1\n$/, `${text}\n`).replaceAll(",1\n", ",\n"),
  );
  const failed = await rejection(
    load("bad", file, { schema: schema(["k", "STRING"], ["v", type]) }),
  );
  expect(failed).toMatchObject({ reason: "invalid" });
  expect(failed.message).toContain("Error while reading data, error message:");
  expect(failed.message).toContain(message);
  const [exists] = await cloud.bigquery.dataset("d").table("bad").exists();
  expect(exists).toBe(false);
});

test("bad records are let pass up to maxBadRecords, and listed", async () => {
  await put("some-bad.csv", "1,a\nx,b\n3,c\n4\n5,d\n");
  const options = { schema: schema(["n", "INTEGER"], ["s", "STRING"]) };
  const failed = await rejection(load("some", "some-bad.csv", { ...options, maxBadRecords: 1 }));
  expect(failed.message).toContain(
    "CSV processing encountered too many errors, giving up. Rows: 4; errors: 2; max bad: 1; error percent: 0",
  );
  const job = await load("some", "some-bad.csv", { ...options, maxBadRecords: 2 });
  expect(job.statistics.load).toMatchObject({ outputRows: "3", badRecords: "2" });
  expect(job.status.errors).toHaveLength(2);
  expect((await rowsOf("some")).map((row: { n: number }) => row.n)).toEqual([1, 3, 5]);
});

test("nullMarker, quote, delimiter, jagged rows and quoted newlines", async () => {
  await put("odd.csv", "1|\\N|'a|b'\n2|x\n3|y|'two\nlines'\n");
  const options = {
    schema: schema(["n", "INTEGER"], ["s", "STRING"], ["t", "STRING"]),
    fieldDelimiter: "|",
    quote: "'",
    nullMarker: "\\N",
  };
  const all = { ...options, allowJaggedRows: true, allowQuotedNewlines: true };
  await load("odd", "odd.csv", all);
  expect(await rowsOf("odd")).toEqual([
    { n: 1, s: null, t: "a|b" },
    { n: 2, s: "x", t: null },
    { n: 3, s: "y", t: "two\nlines" },
  ]);
  const jagged = await rejection(load("odd2", "odd.csv", { ...all, allowJaggedRows: false }));
  expect(jagged.reason).toBe("invalid");
  const newline = await rejection(load("odd2", "odd.csv", { ...all, allowQuotedNewlines: false }));
  expect(newline.message).toContain("Missing close quote character (').; line_number: 3");
});

test("CSV autodetection finds header, names and types", async () => {
  await put(
    "detect.csv",
    "Order ID,amount,day,paid,note\n1,2.5,2026-01-01,true,x\n2,3,2026-01-02,false,y\n",
  );
  await load("detected", "detect.csv", { autodetect: true });
  const [{ schema: found }] = await cloud.bigquery.dataset("d").table("detected").getMetadata();
  expect(found.fields.map((f: { name: string; type: string }) => [f.name, f.type])).toEqual([
    ["Order_ID", "INTEGER"],
    ["amount", "FLOAT"],
    ["day", "DATE"],
    ["paid", "BOOLEAN"],
    ["note", "STRING"],
  ]);
  expect(await rowsOf("detected")).toHaveLength(2);
});

test("newline-delimited JSON with nested and repeated fields", async () => {
  const lines = [
    { id: 1, tags: ["a", "b"], owner: { name: "Ada", ages: [{ n: "36" }] }, js: { x: [1] } },
    { id: "2", tags: null, owner: null, at: "2026-01-01T00:00:00Z" },
  ];
  await put("rows.json", lines.map((line) => JSON.stringify(line)).join("\n"));
  await load("nested", "rows.json", {
    sourceFormat: "NEWLINE_DELIMITED_JSON",
    schema: {
      fields: [
        { name: "id", type: "INTEGER", mode: "REQUIRED" },
        { name: "tags", type: "STRING", mode: "REPEATED" },
        {
          name: "owner",
          type: "RECORD",
          fields: [
            { name: "name", type: "STRING" },
            {
              name: "ages",
              type: "RECORD",
              mode: "REPEATED",
              fields: [{ name: "n", type: "INT64" }],
            },
          ],
        },
        { name: "at", type: "TIMESTAMP" },
        { name: "js", type: "JSON" },
      ],
    },
  });
  const [a, b] = await rowsOf("nested", "id");
  expect(a).toMatchObject({ id: 1, tags: ["a", "b"], owner: { name: "Ada", ages: [{ n: 36 }] } });
  expect(JSON.parse(a.js)).toEqual({ x: [1] });
  expect(b).toMatchObject({ id: 2, tags: [], owner: null });
  expect(b.at.value).toContain("2026-01-01T00:00:00");
});

test("unknown JSON fields are refused unless they are to be ignored", async () => {
  await put("unknown.json", '{"a": 1, "b": 2}\n');
  const options = { sourceFormat: "NEWLINE_DELIMITED_JSON", schema: schema(["a", "INTEGER"]) };
  expect((await rejection(load("unknown", "unknown.json", options))).message).toContain(
    "No such field: b",
  );
  await load("unknown", "unknown.json", { ...options, ignoreUnknownValues: true });
  expect(await rowsOf("unknown")).toEqual([{ a: 1 }]);
});

test("bad JSON lines are let pass up to maxBadRecords", async () => {
  await put("bad.json", '{"a": 1}\n{"a": "x"}\nnot json\n{"a": 4}\n');
  const options = {
    sourceFormat: "NEWLINE_DELIMITED_JSON",
    schema: schema(["a", "INTEGER"]),
  };
  expect((await rejection(load("badjson", "bad.json", options))).reason).toBe("invalid");
  const job = await load("badjson", "bad.json", { ...options, maxBadRecords: 2 });
  expect(job.statistics.load).toMatchObject({ outputRows: "2", badRecords: "2" });
  expect(await rowsOf("badjson")).toEqual([{ a: 1 }, { a: 4 }]);
});

test("Parquet keeps its types, and takes those of an explicit schema", async () => {
  await cloud.bigquery.query(`CREATE TABLE d.source AS SELECT 1 AS i, NUMERIC '1.25' AS num, [1, 2] AS a,
    STRUCT('x' AS s) AS st, TIMESTAMP '2026-01-01 00:00:00+00' AS ts, DATETIME '2026-01-01 00:00:00' AS dt,
    b'\\x01' AS b, '{"k": 1}' AS js`);
  await runJob(cloud.bigquery, {
    extract: {
      sourceTable: tableReference("source"),
      destinationUri: "gs://bucket/parquet/*.parquet",
      destinationFormat: "PARQUET",
      compression: "ZSTD",
    },
  });
  await load("copied", "parquet/*", {
    sourceFormat: "PARQUET",
    parquetOptions: { enableListInference: true },
  });
  const [{ schema: found }] = await cloud.bigquery.dataset("d").table("copied").getMetadata();
  expect(found.fields.map((f: { type: string; mode: string }) => `${f.type} ${f.mode}`)).toEqual([
    "INTEGER NULLABLE",
    "NUMERIC NULLABLE",
    "INTEGER REPEATED",
    "RECORD NULLABLE",
    "TIMESTAMP NULLABLE",
    "DATETIME NULLABLE",
    "BYTES NULLABLE",
    "STRING NULLABLE",
  ]);
  await load("retyped", "parquet/*", {
    sourceFormat: "PARQUET",
    schema: schema(["i", "NUMERIC"], ["js", "JSON"], ["absent", "STRING"]),
  });
  const [row] = await rowsOf("retyped", "i");
  expect([String(row.i), JSON.parse(row.js), row.absent]).toEqual(["1", { k: 1 }, null]);
});

test("a load without a schema, a file or a bucket says so", async () => {
  await put("plain.csv", "1\n");
  expect((await rejection(load("t1", "plain.csv", {}))).message).toBe(
    "No schema specified on job or table.",
  );
  const absent = await rejection(load("t1", "absent*.csv", { autodetect: true }));
  expect(absent).toMatchObject({
    reason: "notFound",
    message: expect.stringContaining("gs://bucket/absent*.csv"),
  });
  const required = await rejection(
    load("t1", "plain.csv", {
      schema: schema(["a", "STRING"], ["b", "STRING", "REQUIRED"]),
      allowJaggedRows: true,
    }),
  );
  expect(required.message).toContain("Required field b cannot be null");
});

test("a load appends by default, and into the partition that it names", async () => {
  await put("part.csv", "2026-01-01,1\n");
  const options = {
    schema: schema(["day", "DATE"], ["n", "INTEGER"]),
    timePartitioning: { type: "DAY", field: "day" },
  };
  await load("parts$20260101", "part.csv", options);
  await load("parts$20260101", "part.csv", options);
  await load("parts", "part.csv", { ...options, writeDisposition: undefined });
  expect(await rowsOf("parts")).toHaveLength(2);
  const [{ timePartitioning }] = await cloud.bigquery.dataset("d").table("parts").getMetadata();
  expect(timePartitioning).toEqual({ type: "DAY", field: "day" });
});

test("a file comes with its load job, as the client's table.load sends it", async () => {
  const { writeFile } = await import("node:fs/promises");
  const path = `${cloud.dataDir}/local.csv`;
  await writeFile(path, "a,b\n1,x\n");
  const [job] = await cloud.bigquery.dataset("d").table("uploaded").load(path, {
    autodetect: true,
    sourceFormat: "CSV",
  });
  expect(job.status?.state).toBe("DONE");
  expect(await rowsOf("uploaded")).toEqual([{ a: 1, b: "x" }]);
});
