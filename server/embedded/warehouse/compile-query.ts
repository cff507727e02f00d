import type { Catalog } from "./catalog.ts";
import { catalogView } from "./catalog-views.ts";
import { wideRelation } from "./column-digits.ts";
import type { WarehouseContext } from "./context.ts";
import {
  type Compiled,
  type CompiledStatement,
  type CompileOptions,
  type Digits,
  type QueryParameter,
  type TableName,
  type WarehouseCatalog,
  WarehouseError,
  type WarehouseTable,
} from "./contract.ts";
import { isLegacySql } from "./dialect.ts";
import { type StoredDigits, type TableDocument, tableKey } from "./documents.ts";
import { formerTable } from "./history.ts";
import { informationSchema } from "./information-schema.ts";
import type { WarehouseTransaction } from "./transaction.ts";

export interface QueryConfiguration {
  query: string;
  useLegacySql?: boolean;
  defaultDataset?: { projectId?: string; datasetId: string };
  destinationTable?: TableName;
  writeDisposition?: string;
  createDisposition?: string;
  schemaUpdateOptions?: string[];
  timePartitioning?: unknown;
  clustering?: { fields?: string[] };
  maximumBytesBilled?: string;
  queryParameters?: QueryParameter[];
}

export interface CompiledQuery extends Compiled {
  /** Relations promised to tables that the job itself creates. */
  relations: Map<string, string>;
}

/** A catalog with the changes of an open transaction. */
export type Staged = Pick<
  WarehouseTransaction,
  "table" | "dataset" | "routine" | "versionAt" | "isUnsettled"
>;

export async function compileQuery(
  context: WarehouseContext,
  projectId: string,
  configuration: QueryConfiguration,
  now: Date,
  staged?: Staged,
): Promise<CompiledQuery> {
  if (typeof configuration.query !== "string" || configuration.query.trim() === "") {
    throw new WarehouseError("invalidQuery", "Required parameter is missing: query");
  }
  const relations = new Map<string, string>();
  const compiled = await context.frontEnd.compile(
    configuration.query,
    compileOptions(context.catalog, projectId, configuration, now, relations, staged),
  );
  return { ...compiled, relations };
}

/** What a query is compiled with. `staged` tells of tables that an open transaction has changed. */
export function compileOptions(
  catalog: Catalog,
  projectId: string,
  configuration: QueryConfiguration,
  now: Date,
  relations: Map<string, string>,
  staged?: Staged,
): CompileOptions {
  const { defaultDataset } = configuration;
  return {
    projectId,
    defaultDataset: defaultDataset
      ? { projectId: defaultDataset.projectId ?? projectId, datasetId: defaultDataset.datasetId }
      : null,
    legacySql: isLegacySql(configuration.query, configuration.useLegacySql),
    catalog: catalogFor(catalog, relations, staged),
    parameters: configuration.queryParameters ?? [],
    now,
  };
}

function catalogFor(
  catalog: Catalog,
  relations: Map<string, string>,
  staged: Staged | undefined,
): WarehouseCatalog {
  const seen = staged ?? catalog;
  return {
    hasDataset: (projectId, datasetId) => seen.dataset(projectId, datasetId) !== undefined,
    get(name) {
      const table = seen.table(name);
      const isUnsettled = staged?.isUnsettled(name) ?? false;
      return table && { ...warehouseTable(table), isUnsettled };
    },
    getAsOf(name, instant) {
      const version = seen.versionAt(name, instant);
      return version && warehouseTable(formerTable(version));
    },
    routine: (name) => seen.routine(name),
    list: (projectId, datasetId) => catalog.tables(projectId, datasetId).map(warehouseTable),
    relationFor(name) {
      const key = tableKey(name);
      const relation = relations.get(key) ?? catalog.newRelation();
      relations.set(key, relation);
      return relation;
    },
    informationSchema: (projectId, datasetId, view) =>
      informationSchema(projectId, datasetId, view) ??
      catalogView(catalog, projectId, datasetId, view),
  };
}

function warehouseTable(table: TableDocument): WarehouseTable {
  return {
    name: table.name,
    type: table.type,
    relation: wideRelation(table),
    ...(table.digits && { narrow: narrowOf(table.relation, table.digits) }),
    schema: table.schema,
    partitioning: table.partitioning && {
      type: table.partitioning.type,
      field: table.partitioning.field,
    },
    viewQuery: table.viewQuery,
    ...(table.columnNames && { columnNames: table.columnNames }),
    isSnapshot: table.special === "SNAPSHOT",
    createdAt: table.createdAt,
    modifiedAt: table.modifiedAt,
  };
}

function narrowOf(relation: string, digits: StoredDigits[]): NonNullable<WarehouseTable["narrow"]> {
  const entries = digits.map(({ name, most, ...shape }) => [
    name,
    { ...shape, most: BigInt(most) },
  ]);
  return { relation, digits: new Map(entries as [string, Digits][]) };
}

/** The bytes a query reads, and what BigQuery bills for them: whole MiB, 10 at least for a table. */
export async function bytesOf(
  context: WarehouseContext,
  statements: CompiledStatement[],
): Promise<{ processed: number; billed: number }> {
  const columnsByTable = new Map<string, { name: TableName; columns: Set<string> | null }>();
  for (const { table, columns } of statements.flatMap((statement) => statement.reads)) {
    const key = tableKey(table);
    const known = columnsByTable.get(key) ?? { name: table, columns: new Set<string>() };
    if (columns === null || known.columns === null) known.columns = null;
    else for (const column of columns) known.columns.add(column);
    columnsByTable.set(key, known);
  }
  let processed = 0;
  let billed = 0;
  const mib = 2 ** 20;
  for (const { name, columns } of columnsByTable.values()) {
    const document = context.catalog.table(name);
    if (document?.type !== "TABLE") continue;
    const statistics = await context.statistics.of(document);
    const bytes = columns
      ? [...columns].reduce((sum, column) => sum + (statistics.columnBytes.get(column) ?? 0), 0)
      : statistics.bytes;
    processed += bytes;
    billed += Math.max(10, Math.ceil(bytes / mib)) * mib;
  }
  return { processed, billed };
}
