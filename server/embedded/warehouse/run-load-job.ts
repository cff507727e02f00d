import { messageOf } from "../../../shared/errors.ts";
import type { FieldSchema } from "../../../shared/table.ts";
import type { JobPlan, JobResult, WarehouseContext } from "./context.ts";
import { WarehouseError } from "./contract.ts";
import { parseDispositions } from "./dispositions.ts";
import { tableKey } from "./documents.ts";
import { columnBytesSum } from "./field-bytes.ts";
import { parseSchema } from "./field-types.ts";
import { toWarehouseError } from "./job-errors.ts";
import type { JobDocument, JobError } from "./job-resource.ts";
import { csvSource } from "./load-csv.ts";
import { jsonSource } from "./load-json.ts";
import { parquetSource } from "./load-parquet.ts";
import type { LoadConfiguration, LoadSource } from "./load-source.ts";
import { parsePartitioning, splitDecorator } from "./partitions.ts";
import { type SourceFile, sourceFiles } from "./source-objects.ts";
import type { WarehouseTransaction } from "./transaction.ts";
import { writeTable } from "./write-table.ts";

export async function planLoad(context: WarehouseContext, job: JobDocument): Promise<JobPlan> {
  const configuration = job.configuration["load"] as LoadConfiguration;
  const destination = configuration.destinationTable;
  if (!destination?.tableId) {
    throw new WarehouseError("invalid", "Required parameter is missing: destinationTable");
  }
  const target = { ...destination, tableId: splitDecorator(destination.tableId).tableId };
  return {
    locks: [tableKey(target)],
    stillValid: () => true,
    execute: (tx) => load(tx, context, configuration),
  };
}

async function load(
  tx: WarehouseTransaction,
  context: WarehouseContext,
  configuration: LoadConfiguration,
): Promise<JobResult> {
  const files = await sourceFiles(context.objects, configuration.sourceUris);
  const source = await openSource(tx, files, configuration).catch(readingFailed);
  const maxBadRecords = Number(configuration.maxBadRecords ?? 0);
  const rows =
    maxBadRecords > 0 && source.bad.length > 0
      ? await goodRows(tx, source, maxBadRecords).catch(readingFailed)
      : { select: selectValues(source, source.raw(false)), badRecords: 0, errors: [] };

  const { destinationTableProperties, timePartitioning, clustering } = configuration;
  const target = configuration.destinationTable;
  const name = { ...target, tableId: splitDecorator(target.tableId).tableId };
  const before = tx.table(name);
  const outputRows = await writeTable(tx, {
    target,
    select: rows.select,
    // Names that files bring with them are checked like others.
    schema: parseSchema({ fields: source.schema }),
    ...parseDispositions(configuration, "WRITE_APPEND"),
    partitioning: parsePartitioning(timePartitioning),
    clustering: clustering?.fields ?? null,
    properties: destinationTableProperties ?? {},
    expiresAt: null,
  }).catch(readingFailed);
  const bytesBefore =
    before && before.relation === tx.table(name)?.relation
      ? (await context.statistics.of(before)).bytes
      : 0;
  const bytes = await bytesIn(tx, tx.requireTable(name));
  return {
    errors: rows.errors,
    statistics: {
      load: {
        inputFiles: String(files.length),
        inputFileBytes: String(files.reduce((sum, file) => sum + file.bytes, 0)),
        outputRows: String(outputRows),
        outputBytes: String(Math.max(0, bytes - bytesBefore)),
        badRecords: String(rows.badRecords),
      },
    },
  };
}

async function openSource(
  tx: WarehouseTransaction,
  files: SourceFile[],
  configuration: LoadConfiguration,
): Promise<LoadSource> {
  const format = configuration.sourceFormat ?? "CSV";
  const schema = schemaOf(tx, configuration, format);
  if (format === "PARQUET") return parquetSource(tx, files, schema);
  if (!schema && !configuration.autodetect) {
    throw new WarehouseError("invalid", "No schema specified on job or table.");
  }
  if (format === "CSV") return csvSource(tx, files, configuration, schema);
  if (format === "NEWLINE_DELIMITED_JSON") return jsonSource(tx, files, configuration, schema);
  throw new WarehouseError(
    "notImplemented",
    `The source format ${format} is not supported by the local warehouse`,
  );
}

/** The job's schema, else the table's where rows are added to it, else what the files say. */
function schemaOf(
  tx: WarehouseTransaction,
  configuration: LoadConfiguration,
  format: string,
): FieldSchema[] | null {
  const fields = (configuration.schema as { fields?: unknown[] } | undefined)?.fields;
  if (fields && fields.length > 0) return parseSchema(configuration.schema);
  if (configuration.autodetect || format === "PARQUET") return null;
  const { destinationTable } = configuration;
  const { tableId } = splitDecorator(destinationTable.tableId);
  return tx.table({ ...destinationTable, tableId })?.schema ?? null;
}

function selectValues(source: LoadSource, raw: string): string {
  return `SELECT ${source.values.join(", ")} FROM (${raw})`;
}

/** Sets bad records aside, as many as are allowed; the raw rows are read into a temporary table. */
async function goodRows(
  tx: WarehouseTransaction,
  source: LoadSource,
  maxBadRecords: number,
): Promise<{ select: string; badRecords: number; errors: JobError[] }> {
  await tx.run("DROP TABLE IF EXISTS load_rows");
  await tx.run(`CREATE TEMP TABLE load_rows AS ${source.raw(true)}`);
  const rejects = await rejectedLines(tx);
  const anyBad = source.bad.map(({ condition }) => condition).join(" OR ");
  const why = source.bad
    .map(({ condition, message }) => `WHEN ${condition} THEN ${message}`)
    .join(" ");
  const [counted] = await (
    await tx.run(`SELECT count(*) FROM load_rows WHERE ${anyBad}`)
  ).getRowsJson();
  const badRecords = Number(counted?.[0] ?? 0) + rejects.count;
  const examples = await tx.run(
    `SELECT CASE ${why} END FROM load_rows WHERE ${anyBad} LIMIT ${maxListedErrors}`,
  );
  const messages = [
    ...rejects.messages,
    ...(await examples.getRowsJson()).map((r) => String(r[0])),
  ];
  const errors = messages.slice(0, maxListedErrors).map((message) => ({
    reason: "invalid",
    message: `Error while reading data, error message: ${message}`,
  }));
  if (badRecords > maxBadRecords) {
    throw new WarehouseError(
      "invalid",
      `Error while reading data, error message: Too many errors encountered: ${badRecords} bad records, ${maxBadRecords} allowed. ${messages[0] ?? ""}`,
    );
  }
  const good = `SELECT * FROM load_rows WHERE NOT coalesce(${anyBad}, false)`;
  return { select: selectValues(source, good), badRecords, errors };
}

const maxListedErrors = 20;

async function rejectedLines(
  tx: WarehouseTransaction,
): Promise<{ count: number; messages: string[] }> {
  const tables = await tx.run("SELECT 1 FROM duckdb_tables() WHERE table_name = 'load_rejects'");
  if (tables.rowCount === 0) return { count: 0, messages: [] };
  const lines = await tx.run(
    "SELECT file_id, line, any_value(error_message) FROM load_rejects GROUP BY ALL ORDER BY ALL",
  );
  const messages = (await lines.getRowsJson()).map((row) => `line ${row[1]}: ${row[2]}`);
  await tx.run("DROP TABLE load_rejects");
  await tx.run("DROP TABLE load_scans");
  return { count: messages.length, messages };
}

/** DuckDB's complaints about the files, in the words of a load job. */
function readingFailed(error: unknown): never {
  const text = messageOf(error);
  if (
    error instanceof WarehouseError ||
    /^(INTERRUPT|TransactionContext|FATAL|Out of Memory)/.test(text)
  ) {
    throw error;
  }
  // DuckDB says in the next lines which line it is and what is wrong with it.
  const message = /CSV Error on Line/.test(text)
    ? text
        .split("\n")
        .slice(0, 3)
        .join(". ")
        .replace(/^Invalid Input Error: /, "")
    : toWarehouseError(error).message;
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
