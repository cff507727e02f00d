import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../../shared/errors.ts";
import type { FieldSchema } from "../../../shared/table.ts";
import { defaultsAt, refuseDefaults } from "./check-defaults.ts";
import type { JobPlan, JobResult, WarehouseContext } from "./context.ts";
import { WarehouseError } from "./contract.ts";
import { parseDispositions } from "./dispositions.ts";
import { type StoredDigits, type TableDocument, tableKey } from "./documents.ts";
import { columnBytesSum } from "./field-bytes.ts";
import { parseSchema } from "./field-types.ts";
import { toWarehouseError } from "./job-errors.ts";
import type { JobDocument, JobError } from "./job-resource.ts";
import { avroSource } from "./load-avro.ts";
import { csvSource } from "./load-csv.ts";
import { jsonSource } from "./load-json.ts";
import { checkLoadOptions } from "./load-options.ts";
import { parquetSource } from "./load-parquet.ts";
import { readRecords } from "./load-records.ts";
import type { LoadConfiguration, LoadSource } from "./load-source.ts";
import { parsePartitioning, splitDecorator } from "./partitions.ts";
import { type SourceFile, sourceFiles } from "./source-objects.ts";
import type { WarehouseTransaction } from "./transaction.ts";
import { type TableWrite, writeTable } from "./write-table.ts";

export async function planLoad(context: WarehouseContext, job: JobDocument): Promise<JobPlan> {
  const configuration = job.configuration["load"] as LoadConfiguration;
  const destination = configuration.destinationTable;
  if (!destination?.tableId) {
    throw new WarehouseError("invalid", "Required parameter is missing: destinationTable");
  }
  checkLoadOptions(configuration);
  const target = { ...destination, tableId: splitDecorator(destination.tableId).tableId };
  return {
    locks: [tableKey(target)],
    stillValid: () => true,
    async execute(tx) {
      const scratch = join(context.stagingDirectory, randomUUID());
      await mkdir(scratch, { recursive: true });
      try {
        return await load(tx, context, configuration, scratch);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  };
}

async function load(
  tx: WarehouseTransaction,
  context: WarehouseContext,
  configuration: LoadConfiguration,
  scratch: string,
): Promise<JobResult> {
  const files = await sourceFiles(context.objects, configuration.sourceUris ?? []);
  const source = await openFiles(tx, files, configuration, scratch).catch(readingFailed);
  const target = configuration.destinationTable;
  const name = { ...target, tableId: splitDecorator(target.tableId).tableId };
  const before = tx.table(name);
  const written = await writeRows(tx, files, { configuration, source, scratch });
  const bytesBefore =
    before && isAddedTo(before, configuration) ? (await context.statistics.of(before)).bytes : 0;
  const bytes = await bytesIn(tx, tx.requireTable(name));
  return {
    errors: written.errors,
    statistics: {
      load: {
        inputFiles: String(files.length),
        inputFileBytes: String(files.reduce((sum, file) => sum + file.bytes, 0)),
        outputRows: String(written.rows),
        outputBytes: String(Math.max(0, bytes - bytesBefore)),
        badRecords: String(written.badRecords),
      },
    },
  };
}

/** Its relation says nothing: to be added to, it may have moved to a wider one. */
function isAddedTo(before: TableDocument, configuration: LoadConfiguration): boolean {
  const { write } = parseDispositions(configuration, "WRITE_APPEND");
  const { partition } = splitDecorator(configuration.destinationTable.tableId);
  return before.schema.length > 0 && (write !== "WRITE_TRUNCATE" || partition !== null);
}

async function openFiles(
  tx: WarehouseTransaction,
  files: SourceFile[],
  configuration: LoadConfiguration,
  scratch: string,
): Promise<LoadSource> {
  const format = configuration.sourceFormat ?? "CSV";
  const schema = schemaOf(tx, configuration, format);
  if (format === "PARQUET") return parquetSource(tx, files, configuration, schema);
  if (format === "AVRO") return avroSource(tx, files, configuration, schema, scratch);
  if (!schema && !configuration.autodetect) {
    throw new WarehouseError("invalid", "No schema specified on job or table.");
  }
  return format === "CSV"
    ? csvSource(files, configuration, schema)
    : jsonSource(files, configuration, schema);
}

/** The job's schema, else the table's where rows are added to it, else what the files say. */
function schemaOf(
  tx: WarehouseTransaction,
  configuration: LoadConfiguration,
  format: string,
): FieldSchema[] | null {
  const { destinationTable } = configuration;
  const { tableId } = splitDecorator(destinationTable.tableId);
  const table = tx.table({ ...destinationTable, tableId });
  if (table) refuseUnclear(table, configuration, format);
  const fields = (configuration.schema as { fields?: unknown[] } | undefined)?.fields;
  if (fields && fields.length > 0) return parseSchema(configuration.schema);
  if (configuration.autodetect || format === "PARQUET" || format === "AVRO") return null;
  return table?.schema ?? null;
}

/**
 * Columns that the loaded data has not get their DEFAULT, and its NULLs stay. Which of both is meant is
 * not said where the data's schema is the table's and some rows lack a value, where a schema of the job
 * stands against that of the file, and where files differ.
 */
function refuseUnclear(
  { name, schema }: TableDocument,
  { schema: own, autodetect, allowJaggedRows, sourceUris }: LoadConfiguration,
  format: string,
): void {
  const refuse = (what: string, remedy: string) => refuseDefaults(name, schema, what, remedy);
  if (format === "PARQUET" || format === "AVRO") {
    if (own) refuse(`a load of ${format} with a schema of its own into`, "leave the schema out");
    const isOne = sourceUris.length === 1 && !sourceUris[0]?.includes("*");
    if (!isOne) refuse(`a load of several files of ${format} into`, "load one at a time");
  } else if (!own && !autodetect && (format !== "CSV" || allowJaggedRows)) {
    refuse("a load without a schema of its own into", "name the columns in the job's schema");
  }
}

interface Written {
  rows: number;
  badRecords: number;
  errors: JobError[];
}

/** At once where it can be; record by record where bad ones are allowed, or to say what is wrong. */
async function writeRows(
  tx: WarehouseTransaction,
  files: SourceFile[],
  job: { configuration: LoadConfiguration; source: LoadSource; scratch: string },
): Promise<Written> {
  const { configuration, source, scratch } = job;
  const maxBadRecords = Number(configuration.maxBadRecords ?? 0);
  const { projectId } = configuration.destinationTable;
  const defaultOf = defaultsAt(tx, projectId, tx.now);
  const write = (select: string, decimals?: StoredDigits[]) =>
    writeSelect(tx, configuration, source.schema, { select, decimals, defaultOf });
  if (source.select !== null && (maxBadRecords === 0 || !source.records)) {
    try {
      const rows = await write(source.select, source.decimals);
      return { rows, badRecords: 0, errors: [] };
    } catch (error) {
      if (!source.records || !isAboutData(error)) readingFailed(error);
      await tx.restart();
    }
  }
  if (!source.records) throw new WarehouseError("internalError", "The files cannot be read");
  const options = { maxBadRecords, scratch };
  const good = await readRecords(tx, files, source.records, options).catch(readingFailed);
  const rows = await write(good.select).catch(readingFailed);
  return { rows, badRecords: good.badRecords, errors: good.errors };
}

function writeSelect(
  tx: WarehouseTransaction,
  configuration: LoadConfiguration,
  schema: FieldSchema[],
  rows: Pick<TableWrite, "select" | "decimals" | "defaultOf">,
): Promise<number> {
  const { destinationTableProperties, timePartitioning, clustering } = configuration;
  return writeTable(tx, {
    target: configuration.destinationTable,
    ...rows,
    // Names that files bring with them are checked like others.
    schema: parseSchema({ fields: schema }),
    ...parseDispositions(configuration, "WRITE_APPEND"),
    partitioning: parsePartitioning(timePartitioning),
    clustering: clustering?.fields ?? null,
    properties: destinationTableProperties ?? {},
    expiresAt: null,
  });
}

/** False for refusals of ours, and for what ended DuckDB's work from outside. */
function isAboutData(error: unknown): boolean {
  return (
    !(error instanceof WarehouseError) &&
    !/^(INTERRUPT|TransactionContext|FATAL|Out of Memory)/.test(messageOf(error))
  );
}

/** DuckDB's complaints about the files, in the words of a load job. */
function readingFailed(error: unknown): never {
  if (!isAboutData(error)) throw error;
  const { message } = toWarehouseError(error);
  throw new WarehouseError("invalid", `Error while reading data, error message: ${message}`);
}

async function bytesIn(
  tx: WarehouseTransaction,
  table: { relation: string; schema: FieldSchema[] },
): Promise<number> {
  const sum = table.schema.map(columnBytesSum).join(" + ");
  const [row] = await (await tx.run(`SELECT ${sum} FROM ${table.relation}`)).getRows();
  return Number(row?.[0] ?? 0);
}
