import { expect, test } from "vitest";
import {
  formatOfStagedFiles,
  stagedExportFormat,
  stagedExportTarget,
} from "../../server/domain/export-format.ts";
import type { FieldSchema } from "../../shared/table.ts";

const field = (type: string, fields?: FieldSchema[]): FieldSchema => ({
  name: "c",
  type,
  mode: "NULLABLE",
  ...(fields ? { fields } : {}),
});

test("Parquet carries what its readers take as it is, nested too", () => {
  const types = ["STRING", "INTEGER", "FLOAT64", "NUMERIC", "BYTES", "TIMESTAMP", "TIME"];
  const fields = types.map((type) => field(type));
  expect(stagedExportFormat(fields)).toBe("PARQUET");
  expect(stagedExportFormat([field("RECORD", fields)])).toBe("PARQUET");
});

test.each(["JSON", "INTERVAL", "RANGE", "BIGNUMERIC", "GEOGRAPHY", "SOMETHING_NEW"])(
  "%s goes as JSON lines, however deep",
  (type) => {
    expect(stagedExportFormat([field("STRING"), field(type)])).toBe("NEWLINE_DELIMITED_JSON");
    expect(stagedExportFormat([field("RECORD", [field(type)])])).toBe("NEWLINE_DELIMITED_JSON");
  },
);

test("an unknown schema goes as JSON lines, and the files tell their format", () => {
  expect(stagedExportTarget("b", "exports/7/", null)).toEqual({
    destinationUris: ["gs://b/exports/7/part-*.json.gz"],
    destinationFormat: "NEWLINE_DELIMITED_JSON",
    compression: "GZIP",
  });
  expect(formatOfStagedFiles(["exports/7/part-000000000000.json.gz"])).toBe(
    "NEWLINE_DELIMITED_JSON",
  );
  expect(formatOfStagedFiles(["a.parquet", "b.json.gz"])).toBeNull();
});
