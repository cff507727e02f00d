import type { FieldSchema } from "../../../shared/table.ts";
import { WarehouseError } from "./contract.ts";
import { quoteName, quoteText, sqlType } from "./field-types.ts";
import { type CsvDialect, csvRecords } from "./formats/csv-records.ts";
import { detectCsv } from "./formats/detect-csv.ts";
import type { LoadConfiguration, LoadSource, PlacedRecord } from "./load-source.ts";
import { readText, readTextOrFail, unreadableText } from "./parse-values.ts";
import { openSource, type SourceFile } from "./source-objects.ts";

/** How the job says that its files are written. */
interface CsvForm extends CsvDialect {
  nulls: string[];
  skip: number;
  jagged: boolean;
  /** Fields beyond the schema's are left out. */
  ignoreUnknown: boolean;
}

/** CSV files as rows of texts, which are then read by BigQuery's rules. */
export async function csvSource(
  files: SourceFile[],
  configuration: LoadConfiguration,
  given: FieldSchema[] | null,
): Promise<LoadSource> {
  const form = formOf(configuration);
  if (given) return source(files, form, given);
  const [first] = files;
  if (!first) throw new WarehouseError("invalid", "No files to detect a schema from");
  const { skipLeadingRows, fieldDelimiter } = configuration;
  const detected = await detectCsv(
    () => openSource(first),
    { ...form, delimiterGiven: fieldDelimiter !== undefined },
    skipLeadingRows === undefined ? null : form.skip,
  );
  const { schema, skip, delimiter } = detected;
  return source(files, { ...form, skip, delimiter, quotedNewlines: true }, schema);
}

function formOf(configuration: LoadConfiguration): CsvForm {
  const { fieldDelimiter = ",", quote = '"', nullMarker, nullMarkers } = configuration;
  if (nullMarker !== undefined && nullMarkers && nullMarkers.length > 0) {
    throw new WarehouseError("invalid", "Only one of nullMarker and nullMarkers can be specified.");
  }
  return {
    delimiter: singleByte(
      "fieldDelimiter",
      /^(tab|\\t)$/.test(fieldDelimiter) ? "\t" : fieldDelimiter,
    ),
    quote: quote === "" ? "" : singleByte("quote", quote),
    quotedNewlines: configuration.allowQuotedNewlines === true,
    controlCharacters: configuration.preserveAsciiControlCharacters === true,
    encoding: encodingOf(configuration.encoding ?? "UTF-8"),
    nulls: nullMarkers && nullMarkers.length > 0 ? nullMarkers : [nullMarker ?? ""],
    skip: Number(configuration.skipLeadingRows ?? 0),
    jagged: configuration.allowJaggedRows === true,
    ignoreUnknown: configuration.ignoreUnknownValues === true,
  };
}

function singleByte(name: string, value: string): string {
  if (value.length === 1 && value.charCodeAt(0) < 256) return value;
  throw new WarehouseError(
    "invalid",
    `Invalid value for ${name}: ${JSON.stringify(value)}. It must be one character of ISO-8859-1`,
  );
}

function encodingOf(encoding: string): "utf-8" | "latin1" {
  const known = { "UTF-8": "utf-8", UTF8: "utf-8", "ISO-8859-1": "latin1" } as const;
  const found = known[encoding.toUpperCase() as keyof typeof known];
  if (found) return found;
  throw new WarehouseError(
    "notImplemented",
    `The encoding ${encoding} is not supported by the local warehouse`,
  );
}

function source(files: SourceFile[], form: CsvForm, schema: FieldSchema[]): LoadSource {
  const repeated = schema.find((f) => f.mode === "REPEATED" || f.type === "RECORD");
  if (repeated) {
    throw new WarehouseError(
      "invalid",
      `Cannot load CSV data with a nested schema. Field: ${repeated.name}`,
    );
  }
  const columns = schema.map((field, i) => ({ field, text: quoteName(`c${i}`) }));
  const values = columns.map(({ field, text }, i) => guarded(form, field, text, i));
  return {
    schema,
    select: isPlain(form)
      ? `SELECT ${values.join(", ")} FROM (${readCsv(files, form, columns.length)})`
      : null,
    records: {
      format: "CSV",
      stored: columns.map(({ text }) => text),
      read: () => placed(files, form, columns.length),
      values: columns.map(({ field, text }) => readText(field, text)),
      bad: columns.map(({ field, text }, i) => badField(field, text, i)),
    },
  };
}

/** True where DuckDB's reader is no more lenient than BigQuery. */
function isPlain(form: CsvForm): boolean {
  return (
    !form.ignoreUnknown && form.delimiter.charCodeAt(0) < 128 && form.quote.charCodeAt(0) !== 0
  );
}

/** Ends the query where DuckDB took what BigQuery does not: the records say then what it is. */
function guarded(form: CsvForm, field: FieldSchema, text: string, position: number): string {
  const value = readTextOrFail(field, text, position);
  if (field.type !== "STRING") return value;
  const refused = [
    ...(form.quotedNewlines ? [] : [`contains(${text}, chr(10))`]),
    ...(form.controlCharacters ? [] : [`contains(${text}, chr(0))`]),
  ];
  if (refused.length === 0) return value;
  return `CASE WHEN ${refused.join(" OR ")} THEN error('A character that is not allowed') ELSE ${value} END`;
}

function badField(field: FieldSchema, text: string, position: number) {
  const name = field.name.replaceAll("'", "''");
  const type = sqlType({ ...field, mode: "NULLABLE" });
  const required = field.mode === "REQUIRED" ? `${text} IS NULL OR ` : "";
  const cause = `'Could not parse ''' || ${text} || ''' as ${type} for field ${name} (position ${position}) starting at location ' || _at || ' with message ''Unable to parse'''`;
  return {
    condition: `(${required}${unreadableText(field, text)})`,
    message: `CASE WHEN ${text} IS NULL THEN 'Required field ${name} cannot be null' ELSE ${cause} END`,
  };
}

function readCsv(files: SourceFile[], form: CsvForm, columnCount: number): string {
  const names = Array.from({ length: columnCount }, (_, i) => `'c${i}': 'VARCHAR'`).join(", ");
  const options = [
    `columns = {${names}}`,
    "auto_detect = false",
    "header = false",
    "max_line_size = 104857600",
    `skip = ${form.skip}`,
    `nullstr = [${form.nulls.map(quoteText).join(", ")}]`,
    "allow_quoted_nulls = false",
    `null_padding = ${form.jagged}`,
    // DuckDB pads rows with quoted newlines on one thread only.
    ...(form.jagged ? ["parallel = false"] : []),
    `delim = ${quoteText(form.delimiter)}`,
    `quote = ${quoteText(form.quote)}`,
    `escape = ${quoteText(form.quote)}`,
    `encoding = '${form.encoding === "latin1" ? "latin-1" : "utf-8"}'`,
  ];
  const groups = [
    { paths: files.filter((f) => !f.gzip).map((f) => f.path), compression: "none" },
    { paths: files.filter((f) => f.gzip).map((f) => f.path), compression: "gzip" },
  ].filter(({ paths }) => paths.length > 0);
  return groups
    .map(({ paths, compression }) => {
      const list = paths.map(quoteText).join(", ");
      return `SELECT * FROM read_csv([${list}], ${[...options, `compression = '${compression}'`].join(", ")})`;
    })
    .join(" UNION ALL ");
}

async function* placed(
  files: SourceFile[],
  form: CsvForm,
  width: number,
): AsyncGenerator<PlacedRecord> {
  for (const [file, source] of files.entries()) {
    let skip = form.skip;
    for await (const { line, at, fields, flaw } of csvRecords(openSource(source), form)) {
      if (skip > 0) {
        skip -= 1;
        continue;
      }
      const texts = Array.from({ length: width }, (_, i) => {
        const field = fields[i];
        return !field || (!field.quoted && form.nulls.includes(field.text)) ? null : field.text;
      });
      yield { file, line, at, flaw: flaw ?? widthFlaw(form, fields.length, width, at), texts };
    }
  }
}

function widthFlaw(form: CsvForm, found: number, width: number, at: number): string | null {
  if (found > width && !form.ignoreUnknown) {
    return `Too many values in row starting at position: ${at}. Found ${found} column(s) while expected ${width}.`;
  }
  if (found < width && !form.jagged) {
    return `CSV table references column position ${found}, but line starting at position:${at} contains only ${found} columns.`;
  }
  return null;
}
