import type { FieldSchema } from "../../../shared/table.ts";
import { WarehouseError } from "./contract.ts";
import { quoteName, quoteText } from "./field-types.ts";
import type { LoadConfiguration, LoadSource } from "./load-source.ts";
import { readTextOrFail, unreadableText } from "./parse-values.ts";
import type { SourceFile } from "./source-objects.ts";
import type { WarehouseTransaction } from "./transaction.ts";

const encodings: Record<string, string> = { "UTF-8": "utf-8", "ISO-8859-1": "latin-1" };

/** CSV files as rows of texts, which are then read by BigQuery's rules. */
export async function csvSource(
  tx: WarehouseTransaction,
  files: SourceFile[],
  configuration: LoadConfiguration,
  schema: FieldSchema[] | null,
): Promise<LoadSource> {
  const skip = Number(configuration.skipLeadingRows ?? 0);
  if (configuration.ignoreUnknownValues) {
    throw new WarehouseError(
      "notImplemented",
      "ignoreUnknownValues is not supported for CSV by the local warehouse",
    );
  }
  if (schema) return source(files, configuration, schema, skip);
  const detected = await detect(tx, files, configuration, skip);
  return source(files, configuration, detected.schema, detected.skip);
}

function source(
  files: SourceFile[],
  configuration: LoadConfiguration,
  schema: FieldSchema[],
  skip: number,
): LoadSource {
  const repeated = schema.find((f) => f.mode === "REPEATED" || f.type === "RECORD");
  if (repeated) {
    throw new WarehouseError(
      "invalid",
      `Cannot load CSV data with a nested schema. Field: ${repeated.name}`,
    );
  }
  const columns = schema.map((field, i) => ({ field, text: quoteName(`c${i}`) }));
  const newlines = configuration.allowQuotedNewlines === true;
  const strayNewline = (field: FieldSchema, text: string) =>
    field.type === "STRING" && !newlines ? `contains(${text}, chr(10))` : "false";
  return {
    schema,
    raw: (lenient) => readCsv(files, configuration, columns.length, skip, lenient),
    values: columns.map(({ field, text }, i) => {
      const value = readTextOrFail(field, text, i);
      if (field.type !== "STRING" || newlines) return value;
      return `CASE WHEN ${strayNewline(field, text)} THEN error('Missing close quote character ("): a quoted newline needs allowQuotedNewlines') ELSE ${value} END`;
    }),
    bad: columns.map(({ field, text }) => {
      const required = field.mode === "REQUIRED" ? `${text} IS NULL OR ` : "";
      return {
        condition: `(${required}${unreadableText(field, text)} OR coalesce(${strayNewline(field, text)}, false))`,
        message: `concat('Could not parse ''', coalesce(${text}, 'NULL'), ''' for field ${field.name.replaceAll("'", "''")}')`,
      };
    }),
  };
}

function readCsv(
  files: SourceFile[],
  configuration: LoadConfiguration,
  columnCount: number,
  skip: number,
  lenient: boolean,
): string {
  const names = Array.from({ length: columnCount }, (_, i) => `'c${i}': 'VARCHAR'`).join(", ");
  const jagged = configuration.allowJaggedRows === true;
  const options = [
    `columns = {${names}}`,
    "auto_detect = false",
    "header = false",
    "max_line_size = 104857600",
    `skip = ${skip}`,
    `nullstr = ${quoteText(configuration.nullMarker ?? "")}`,
    "allow_quoted_nulls = false",
    `null_padding = ${jagged}`,
    // DuckDB pads rows with quoted newlines on one thread only.
    ...(jagged ? ["parallel = false"] : []),
    ...(lenient
      ? ["store_rejects = true", "rejects_scan = 'load_scans'", "rejects_table = 'load_rejects'"]
      : []),
    ...dialect(configuration),
  ];
  return readGroups(files, "read_csv", options);
}

/** One call for the plain and one for the compressed files. */
export function readGroups(
  files: SourceFile[],
  reader: "read_csv" | "read_json" | "read_json_objects",
  options: string[],
): string {
  // The readers have each their own word for it.
  const plain = reader === "read_csv" ? "none" : "uncompressed";
  const groups = [
    { paths: files.filter((f) => !f.gzip).map((f) => f.path), compression: plain },
    { paths: files.filter((f) => f.gzip).map((f) => f.path), compression: "gzip" },
  ].filter(({ paths }) => paths.length > 0);
  return groups
    .map(({ paths, compression }) => {
      const list = paths.map(quoteText).join(", ");
      return `SELECT * FROM ${reader}([${list}], ${[...options, `compression = '${compression}'`].join(", ")})`;
    })
    .join(" UNION ALL ");
}

function dialect(configuration: LoadConfiguration): string[] {
  const { fieldDelimiter = ",", quote = '"', encoding = "UTF-8" } = configuration;
  const known = encodings[encoding.toUpperCase()];
  if (!known) {
    throw new WarehouseError(
      "notImplemented",
      `The encoding ${encoding} is not supported by the local warehouse`,
    );
  }
  const delimiter = fieldDelimiter === "tab" || fieldDelimiter === "\\t" ? "\t" : fieldDelimiter;
  return [
    `delim = ${quoteText(delimiter)}`,
    `quote = ${quoteText(quote)}`,
    `escape = ${quoteText(quote)}`,
    `encoding = '${known}'`,
  ];
}

const detectedTypes: Record<string, string> = {
  BIGINT: "INTEGER",
  DOUBLE: "FLOAT",
  BOOLEAN: "BOOLEAN",
  DATE: "DATE",
  TIME: "TIME",
  TIMESTAMP: "TIMESTAMP",
  "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
};

async function detect(
  tx: WarehouseTransaction,
  files: SourceFile[],
  configuration: LoadConfiguration,
  skip: number,
): Promise<{ schema: FieldSchema[]; skip: number }> {
  const [first] = files;
  if (!first) throw new WarehouseError("invalid", "No files to detect a schema from");
  const options = [
    ...dialect(configuration),
    `compression = '${first.gzip ? "gzip" : "none"}'`,
    `nullstr = ${quoteText(configuration.nullMarker ?? "")}`,
    // Rows that are to be skipped hold the header, if any: the last of them.
    ...(skip > 0 ? ["header = true", `skip = ${skip - 1}`] : []),
  ];
  const found = await tx.run(
    `SELECT HasHeader, c.name, c.type FROM (SELECT HasHeader, unnest(Columns) AS c FROM sniff_csv(${quoteText(first.path)}, ${options.join(", ")}))`,
  );
  const rows = await found.getRowsJson();
  const hasHeader = skip > 0 || rows[0]?.[0] === true;
  const used = new Set<string>();
  const schema = rows.map((row, i): FieldSchema => {
    const name = hasHeader ? columnName(String(row[1]), i, used) : `${typeWord(row[2])}_field_${i}`;
    return { name, type: detectedTypes[String(row[2])] ?? "STRING", mode: "NULLABLE" };
  });
  return { schema, skip: skip > 0 ? skip : Number(hasHeader) };
}

function typeWord(type: unknown): string {
  return (
    { INTEGER: "int64", FLOAT: "double", BOOLEAN: "bool" }[detectedTypes[String(type)] ?? ""] ??
    (detectedTypes[String(type)] ?? "string").toLowerCase()
  );
}

/** A header's text as a column name, as BigQuery makes it: other characters become underscores. */
function columnName(text: string, position: number, used: Set<string>): string {
  const clean = text.trim().replace(/[^\p{L}\p{N}_]/gu, "_");
  const base = clean === "" ? `string_field_${position}` : clean.replace(/^(?=\d)/, "_");
  let name = base;
  for (let n = 1; used.has(name.toLowerCase()); n += 1) name = `${base}_${n}`;
  used.add(name.toLowerCase());
  return name;
}
