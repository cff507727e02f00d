import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import type { FieldSchema } from "../../../shared/table.ts";
import { defaultsAt, refuseDefaults } from "./check-defaults.ts";
import { widen } from "./column-digits.ts";
import {
  bytesOf,
  type CompiledQuery,
  compileQuery,
  type QueryConfiguration,
  type Staged,
} from "./compile-query.ts";
import type { JobPlan, JobResult, WarehouseContext } from "./context.ts";
import { type CompiledStatement, type TableName, WarehouseError } from "./contract.ts";
import { isLegacySql } from "./dialect.ts";
import { parseDispositions } from "./dispositions.ts";
import { tableKey } from "./documents.ts";
import { formerReads } from "./former-reads.ts";
import type { JobDocument } from "./job-resource.ts";
import { parsePartitioning, splitDecorator } from "./partitions.ts";
import { runChange } from "./run-statement.ts";
import type { WarehouseTransaction } from "./transaction.ts";
import { writeTable } from "./write-table.ts";

const anonymousDataset = "_maestro_results";
const anonymousLifeMs = 24 * 3_600_000;

export async function planQuery(context: WarehouseContext, job: JobDocument): Promise<JobPlan> {
  const configuration = job.configuration["query"] as QueryConfiguration;
  const compile = (staged?: Staged) =>
    compileQuery(context, job.projectId, configuration, new Date(), staged);
  return planCompiled(context, job, await compile(), compile);
}

/** A query that is compiled already: a job's, or a statement of a script. */
export async function planCompiled(
  context: WarehouseContext,
  job: JobDocument,
  compiled: CompiledQuery,
  compileAgain: (staged: Staged) => Promise<CompiledQuery>,
): Promise<JobPlan> {
  const configuration = job.configuration["query"] as QueryConfiguration;
  checkDestination(configuration, compiled);
  const targets = targetsOf(configuration, compiled.statements);
  const seen = targets.map((target) => context.catalog.table(target));
  const former = formerReads(context.catalog, compiled.readsAsOf);
  const bytes = await bytesOf(context, compiled.statements);
  checkBytes(configuration, bytes.billed);
  return {
    locks: [...targets.map(tableKey), ...former.locks],
    stillValid: () =>
      targets.every((target, i) => context.catalog.table(target) === seen[i]) &&
      former.stillValid(),
    async execute(tx) {
      const isWidened = await widenTargets(tx, compiled.statements);
      const current = isWidened ? await compileAgain(tx) : compiled;
      return execute(tx, { context, job, configuration, compiled: current, bytes });
    },
  };
}

/** Tables whose rows a statement changes in their place. True where they now lie in another one. */
async function widenTargets(
  tx: WarehouseTransaction,
  statements: CompiledStatement[],
): Promise<boolean> {
  let isWidened = false;
  for (const statement of statements) {
    const table = statement.kind === "dml" ? tx.table(statement.target) : undefined;
    if (!table?.digits) continue;
    tx.setTable(await widen(tx, table));
    isWidened = true;
  }
  return isWidened;
}

/** What a dry run answers: statistics with schema, bytes and referenced tables. */
export async function dryRunQuery(
  context: WarehouseContext,
  job: JobDocument,
): Promise<Record<string, unknown>> {
  const configuration = job.configuration["query"] as QueryConfiguration;
  const compiled = await compileQuery(context, job.projectId, configuration, new Date());
  checkDestination(configuration, compiled);
  const { processed } = await bytesOf(context, compiled.statements);
  const schema = schemaOf(compiled.statements.at(-1));
  return {
    totalBytesProcessed: String(processed),
    query: {
      statementType: statementTypeOf(compiled),
      totalBytesProcessed: String(processed),
      totalBytesBilled: "0",
      totalBytesProcessedAccuracy: "PRECISE",
      cacheHit: false,
      referencedTables: compiled.referencedTables,
      ...(schema ? { schema: { fields: schema } } : {}),
    },
  };
}

function schemaOf(statement: CompiledStatement | undefined): FieldSchema[] | null {
  return statement && "schema" in statement ? statement.schema : null;
}

function statementTypeOf(compiled: CompiledQuery): string {
  const [first, second] = compiled.statements;
  return second ? "SCRIPT" : (first?.statementType ?? "SCRIPT");
}

function checkDestination(configuration: QueryConfiguration, compiled: CompiledQuery): void {
  if (!configuration.destinationTable) return;
  const [first, second] = compiled.statements;
  if (first?.kind === "select" && !second) return;
  const what = second ? "scripts" : "jobs with DDL or DML statements";
  throw new WarehouseError(
    "invalidQuery",
    `configuration.query.destinationTable cannot be set for ${what}`,
  );
}

function checkBytes(configuration: QueryConfiguration, billed: number): void {
  const limit = configuration.maximumBytesBilled;
  if (limit === undefined || billed <= Number(limit)) return;
  throw new WarehouseError(
    "bytesBilledLimitExceeded",
    `Query exceeded limit for bytes billed: ${limit}. ${billed} or higher required.`,
  );
}

function targetsOf(
  configuration: QueryConfiguration,
  statements: CompiledStatement[],
): TableName[] {
  const targets: TableName[] = statements.flatMap((statement) =>
    "target" in statement ? [statement.target] : [],
  );
  const destination = configuration.destinationTable;
  if (destination) {
    targets.push({ ...destination, tableId: splitDecorator(destination.tableId).tableId });
  }
  return targets;
}

interface Execution {
  context: WarehouseContext;
  job: JobDocument;
  configuration: QueryConfiguration;
  compiled: CompiledQuery;
  bytes: { processed: number; billed: number };
}

async function execute(tx: WarehouseTransaction, execution: Execution): Promise<JobResult> {
  const { context, compiled, bytes } = execution;
  const startedAt = performance.now();
  let outcome: Record<string, unknown> = {};
  let destination: TableName | undefined;
  for (const statement of compiled.statements) {
    if (statement.kind === "select") {
      destination = await select(tx, execution, statement);
      outcome = {};
    } else {
      destination = undefined;
      const { relations } = compiled;
      outcome = await runChange(tx, statement, { relations, location: context.location });
    }
  }
  const elapsedMs = Math.max(1, Math.round(performance.now() - startedAt));
  const slotMs = String(elapsedMs * availableParallelism());
  return {
    ...(destination ? { destinationTable: destination } : {}),
    statistics: {
      totalBytesProcessed: String(bytes.processed),
      totalSlotMs: slotMs,
      query: {
        statementType: statementTypeOf(compiled),
        totalBytesProcessed: String(bytes.processed),
        totalBytesBilled: String(bytes.billed),
        billingTier: 1,
        totalSlotMs: slotMs,
        cacheHit: false,
        referencedTables: compiled.referencedTables,
        ...outcome,
      },
    },
  };
}

async function select(
  tx: WarehouseTransaction,
  execution: Execution,
  statement: Extract<CompiledStatement, { kind: "select" }>,
): Promise<TableName> {
  const { configuration, job } = execution;
  const given = configuration.destinationTable;
  const names = statement.schema.map((field) => field.name.toLowerCase());
  const double = names.find((name, i) => names.indexOf(name) !== i);
  if (double !== undefined) {
    throw new WarehouseError(
      "invalidQuery",
      `Duplicate column names in the result are not supported. Found duplicate(s): ${double}`,
    );
  }
  if (given) refuseLegacyDefaults(tx, configuration, given);
  const target = given ?? anonymousTable(tx, job);
  const rows = await writeTable(tx, {
    target,
    select: statement.sql,
    schema: statement.schema,
    defaultOf: defaultsAt(execution.context, job.projectId, tx.now),
    ...parseDispositions(configuration, given ? "WRITE_EMPTY" : "WRITE_TRUNCATE"),
    partitioning: parsePartitioning(configuration.timePartitioning),
    clustering: configuration.clustering?.fields ?? null,
    properties: {},
    expiresAt: given ? null : tx.now.getTime() + anonymousLifeMs,
  });
  if (!given) execution.context.statistics.knowRows(tx.requireTable(target), rows);
  return target;
}

/** Legacy SQL reads such tables alone. */
function refuseLegacyDefaults(
  tx: WarehouseTransaction,
  { query, useLegacySql }: QueryConfiguration,
  target: TableName,
): void {
  if (!isLegacySql(query, useLegacySql)) return;
  const { tableId } = splitDecorator(target.tableId);
  const table = tx.table({ ...target, tableId });
  if (table) refuseDefaults(table.name, table.schema, "legacy SQL that writes to", "use GoogleSQL");
}

/** Results without a destination go to a hidden dataset and expire, as BigQuery's do. */
function anonymousTable(tx: WarehouseTransaction, job: JobDocument): TableName {
  const { projectId } = job;
  ensureDataset(tx, job, anonymousDataset);
  const tableId = `anon${randomBytes(16).toString("hex")}`;
  return { projectId, datasetId: anonymousDataset, tableId };
}

/** Makes a dataset of our own, which lists leave out. */
export function ensureDataset(
  tx: WarehouseTransaction,
  { projectId, location }: Pick<JobDocument, "projectId" | "location">,
  datasetId: string,
): void {
  if (tx.dataset(projectId, datasetId)) return;
  const now = tx.now.getTime();
  tx.setDataset(projectId, datasetId, {
    projectId,
    datasetId,
    location,
    properties: {},
    createdAt: now,
    modifiedAt: now,
  });
}
