import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../../../shared/errors.ts";
import type { FieldSchema } from "../../../shared/table.ts";
import { WarehouseError } from "./contract.ts";
import { openAvro } from "./formats/avro-container.ts";
import { avroType } from "./formats/avro-long.ts";
import { type AvroOptions, avroReader } from "./formats/avro-reader.ts";
import { jsonSource } from "./load-json.ts";
import type { LoadConfiguration, LoadSource } from "./load-source.ts";
import type { SourceFile } from "./source-objects.ts";
import type { WarehouseTransaction } from "./transaction.ts";

const lineBytes = 2 ** 18;

/**
 * Avro files, as lines of JSON that are then read like others. The schema is that of the last file
 * by name, as in BigQuery; the job's own may only make JSON of texts.
 */
export async function avroSource(
  tx: WarehouseTransaction,
  files: SourceFile[],
  configuration: LoadConfiguration,
  given: FieldSchema[] | null,
  scratch: string,
): Promise<LoadSource> {
  const options: AvroOptions = {
    logicalTypes: configuration.useAvroLogicalTypes === true,
    decimalTypes: configuration.decimalTargetTypes ?? ["NUMERIC"],
    jsonFields: new Set(
      given?.filter(({ type, mode }) => type === "JSON" && mode !== "REPEATED").map((f) => f.name),
    ),
  };
  const last = files.reduce((a, b) => (a.uri < b.uri ? b : a));
  const { fields } = await reading(last, async (file) => avroReader(file.schema, options));
  const schema = given ? given.map((field) => agreed(field, fields)) : fields;
  const path = join(scratch, "avro.json");
  const lines = async function* () {
    for (const file of files) yield* linesOf(tx, file, options);
  };
  await pipeline(Readable.from(lines()), createWriteStream(path));
  const staged = { uri: last.uri, path, bytes: 0, gzip: false };
  return jsonSource([staged], { ...configuration, ignoreUnknownValues: true }, schema);
}

function agreed(field: FieldSchema, fields: FieldSchema[]): FieldSchema {
  const found = fields.find(({ name }) => name.toLowerCase() === field.name.toLowerCase());
  // A column that the file does not have is NULL.
  if (!found && field.mode !== "REQUIRED") return field;
  if (found?.type === field.type && (found.mode === "REPEATED") === (field.mode === "REPEATED")) {
    return { ...field, name: found.name };
  }
  throw new WarehouseError(
    "invalid",
    `Provided schema is not compatible with the file. Field '${field.name}' is specified as ${field.mode} ${field.type} in provided schema which does not match ${found ? `${found.mode} ${found.type}` : "its absence"} in the file`,
  );
}

async function* linesOf(
  tx: WarehouseTransaction,
  source: SourceFile,
  options: AvroOptions,
): AsyncGenerator<string> {
  const file = await openAvro(source.path).catch((error: unknown) => unreadable(source, error));
  try {
    const type = avroType(file.schema);
    const { json } = avroReader(file.schema, options);
    let lines = "";
    for await (const { count, data } of file.blocks()) {
      tx.checkCancelled();
      let at = 0;
      for (let i = 0; i < count; i += 1) {
        const { value, offset } = type.decode(data, at);
        if (offset < 0) throw new Error("EOF reached");
        at = offset;
        lines += `${json(value)}\n`;
        if (lines.length < lineBytes) continue;
        yield lines;
        lines = "";
      }
    }
    yield lines;
  } catch (error) {
    unreadable(source, error);
  } finally {
    await file.close();
  }
}

async function reading<T>(
  source: SourceFile,
  body: (file: { schema: unknown }) => Promise<T>,
): Promise<T> {
  const file = await openAvro(source.path).catch((error: unknown) => unreadable(source, error));
  try {
    return await body(file);
  } finally {
    await file.close();
  }
}

function unreadable(source: SourceFile, error: unknown): never {
  if (error instanceof WarehouseError) throw error;
  throw new WarehouseError(
    "invalid",
    `Error while reading data, error message: The Apache Avro library failed to read data with the following error: ${messageOf(error)} File: ${source.uri}`,
  );
}
