import { afterAll, expect, test } from "vitest";
import { loading, schema } from "./support/loading.ts";
import { rejection, startTestCloud, tableReference } from "./support/local-cloud.ts";

const cloud = await startTestCloud();
afterAll(() => cloud.stop());
const { put, load, rowsOf } = loading(cloud);

const twoColumns = { schema: schema(["n", "INTEGER"], ["s", "STRING"]) };

test.each([
  [
    "a row that is too short",
    "1,a\n2\n",
    "CSV table references column position 1, but line starting at position:4 contains only 1 columns.",
  ],
  [
    "text after a closing quote",
    '1,a\n2,"b"c\n',
    'Data between close quote character (") and field separator.',
  ],
  ["a quote that never closes", '1,a\n2,"b\n', 'Missing close quote character (").'],
  ["a NUL", "1,a\n2,b\0\n", "Bad character (ASCII 0) encountered."],
  [
    "a number that is none",
    "1,a\nx,b\n",
    "Could not parse 'x' as INT64 for field n (position 0) starting at location 4 with message 'Unable to parse'",
  ],
])("%s is named with file and line", async (name, text, message) => {
  const file = `flaw-${name.replaceAll(" ", "-")}.csv`;
  await put(file, text);
  const [job] = await cloud.bigquery.createJob({
    configuration: {
      load: {
        sourceUris: [`gs://bucket/${file}`],
        destinationTable: tableReference("flawed"),
        ...twoColumns,
      },
    },
  });
  await rejection(job.promise());
  const [{ status }] = await job.getMetadata();
  expect(status.errorResult).toEqual({
    reason: "invalid",
    location: `gs://bucket/${file}`,
    message:
      "Error while reading data, error message: CSV processing encountered too many errors, giving up. Rows: 2; errors: 1; max bad: 0; error percent: 0",
  });
  expect(status.errors).toHaveLength(2);
  expect(status.errors[1]).toEqual({
    reason: "invalid",
    location: `gs://bucket/${file}`,
    message: `Error while reading data, error message: ${message}; line_number: 2 File: gs://bucket/${file}`,
  });
});

const nested = {
  sourceFormat: "NEWLINE_DELIMITED_JSON",
  schema: {
    fields: [
      { name: "id", type: "INTEGER", mode: "REQUIRED" },
      { name: "tags", type: "STRING", mode: "REPEATED" },
      { name: "owner", type: "RECORD", fields: [{ name: "name", type: "STRING" }] },
    ],
  },
};

test.each([
  ["an unknown field within", '{"id": 1, "owner": {"x": 1}}', "No such field: owner.x."],
  [
    "a text where an array is needed",
    '{"id": 1, "tags": "a"}',
    "Repeated field must be imported as a JSON array. Field: tags.",
  ],
  [
    "a null in an array",
    '{"id": 1, "tags": ["a", null]}',
    "Only optional fields can be set to NULL. Field: tags; Value: NULL",
  ],
  [
    "a text where a record is needed",
    '{"id": 1, "owner": "x"}',
    "This field: owner is not a record.",
  ],
  [
    "an array where a value is needed",
    '{"id": [1]}',
    "Array specified for non-repeated field: id.",
  ],
  ["a required field that is missing", '{"tags": []}', "Missing required field: id."],
  [
    "a value of another type",
    '{"id": "x"}',
    'Could not convert value to integer. Field: id; Value: "x"',
  ],
  ["a line that is no JSON", '{"id": 1', "Parser terminated before end of string"],
])("JSON: %s is named with its row", async (name, line, message) => {
  const file = `flaw-${name.replaceAll(" ", "-")}.json`;
  await put(file, `{"id": 7}\n${line}\n`);
  const failed = await rejection(load("flawed", file, nested));
  expect(failed.message).toContain(
    `JSON parsing error in row starting at position 10: ${message}; line_number: 2 File: gs://bucket/${file}`,
  );
});

test("unknown fields within records are let pass where they are to be ignored", async () => {
  await put("loose.json", '{"id": 1, "owner": {"name": "Ada", "x": [1]}, "y": {}}\n');
  await load("loose", "loose.json", { ...nested, ignoreUnknownValues: true });
  expect(await rowsOf("loose")).toEqual([{ id: 1, tags: [], owner: { name: "Ada" } }]);
});
