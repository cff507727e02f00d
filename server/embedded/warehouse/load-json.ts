import type { FieldSchema } from "../../../shared/table.ts";
import { quoteText } from "./field-types.ts";
import { jsonFlaw } from "./formats/check-json.ts";
import { detectJson } from "./formats/detect-json.ts";
import { type TextLine, textLines } from "./formats/text-lines.ts";
import type { LoadConfiguration, LoadSource, PlacedRecord } from "./load-source.ts";
import { jsonPath, readMember, unknownKeys, unreadableJson } from "./parse-values.ts";
import { openSource, type SourceFile } from "./source-objects.ts";

/** Newline-delimited JSON: every line an object, read field by field by BigQuery's rules. */
export async function jsonSource(
  files: SourceFile[],
  configuration: LoadConfiguration,
  given: FieldSchema[] | null,
): Promise<LoadSource> {
  const schema = given ?? (await detectJson(linesOfAll(files)));
  const isStrict = configuration.ignoreUnknownValues !== true;
  const notObject = "json_type(json) IS DISTINCT FROM 'OBJECT'";
  const badLine = isStrict ? `${notObject} OR len(${unknownKeys(schema, "json")}) > 0` : notObject;
  const values = schema.map((field) => readMember(field, "json", field.name, isStrict));
  // The whole line is looked at once, with its first field.
  const checked = values.map((value, i) =>
    i > 0 ? value : `CASE WHEN ${badLine} THEN error('A line that is no row') ELSE ${value} END`,
  );
  return {
    schema,
    select: `SELECT ${checked.join(", ")} FROM (${readObjects(files)})`,
    records: {
      format: "JSON",
      stored: ["TRY_CAST(c0 AS JSON) AS json"],
      read: () => placed(files, schema, isStrict),
      values,
      bad: schema.map(badField),
    },
  };
}

function badField(field: FieldSchema) {
  const member = `json_extract(json, ${jsonPath(field.name)})`;
  const word = kindWords[field.type] ?? field.type.toLowerCase();
  const text = `coalesce(CAST(${member} AS VARCHAR), 'NULL')`;
  return {
    condition: `(${unreadableJson(field, member)})`,
    message: `${quoteText(`JSON parsing error in row starting at position `)} || _at || ${quoteText(`: Could not convert value to ${word}. Field: ${field.name}; Value: `)} || ${text}`,
  };
}

const kindWords: Record<string, string> = { FLOAT: "double", RECORD: "record" };

/** One call for the plain and one for the compressed files. */
function readObjects(files: SourceFile[]): string {
  const groups = [
    { paths: files.filter((f) => !f.gzip).map((f) => f.path), compression: "uncompressed" },
    { paths: files.filter((f) => f.gzip).map((f) => f.path), compression: "gzip" },
  ].filter(({ paths }) => paths.length > 0);
  return groups
    .map(({ paths, compression }) => {
      const list = paths.map(quoteText).join(", ");
      return `SELECT * FROM read_json_objects([${list}], format = 'newline_delimited', maximum_object_size = 104857600, compression = '${compression}')`;
    })
    .join(" UNION ALL ");
}

async function* linesOfAll(files: SourceFile[]): AsyncGenerator<string> {
  for (const file of files) for await (const { text } of linesOf(file)) yield text;
}

async function* linesOf(file: SourceFile): AsyncGenerator<TextLine> {
  for await (const line of textLines(openSource(file))) if (line.text.trim() !== "") yield line;
}

async function* placed(
  files: SourceFile[],
  schema: FieldSchema[],
  isStrict: boolean,
): AsyncGenerator<PlacedRecord> {
  for (const [file, source] of files.entries()) {
    for await (const { line, at, text } of linesOf(source)) {
      const found = jsonFlaw(schema, text, isStrict);
      const flaw = found && `JSON parsing error in row starting at position ${at}: ${found}`;
      yield { file, line, at, flaw, texts: [text] };
    }
  }
}
