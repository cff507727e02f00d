import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type {
  Compiled,
  CompiledStatement,
  QueryParameter,
  WarehouseTable,
} from "../../server/embedded/warehouse/contract.ts";
import { explainDuckError } from "../../server/embedded/warehouse/sql/explain-error.ts";
import { createSqlFrontEnd } from "../../server/embedded/warehouse/sql/front-end.ts";
import type { FieldSchema } from "../../shared/table.ts";

/** The SQL front end over a DuckDB in memory, without the server: what a test of SQL needs. */
export interface DuckCatalog {
  connection: DuckDBConnection;
  addTable(
    dataset: string,
    name: string,
    schema: FieldSchema[],
    options?: Partial<WarehouseTable>,
  ): void;
  compile(sql: string, parameters?: QueryParameter[], legacySql?: boolean): Promise<Compiled>;
  /** Runs every statement; answers the last SELECT. Throws WarehouseError. */
  run(sql: string, parameters?: QueryParameter[], legacySql?: boolean): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  schema: FieldSchema[];
  rows: unknown[][];
}

const relationFor = (dataset: string, name: string) => `"${dataset}.${name}"`;

async function execute(
  connection: DuckDBConnection,
  statement: CompiledStatement,
): Promise<Answer | null> {
  if (!("sql" in statement) || statement.sql === null) return null;
  const { datasetId, tableId } =
    statement.kind === "createTable" ? statement.target : { datasetId: "", tableId: "" };
  const prefix =
    statement.kind === "createTable" ? `CREATE TABLE ${relationFor(datasetId, tableId)} AS ` : "";
  try {
    const reader = await connection.runAndReadAll(prefix + statement.sql);
    if (statement.kind !== "select") return null;
    return { schema: statement.schema, rows: reader.getRowsJson() as unknown[][] };
  } catch (error) {
    throw explainDuckError(error);
  }
}

export const testNow = new Date("2024-03-15T12:34:56.789Z");

export async function createDuckCatalog(): Promise<DuckCatalog> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const frontEnd = createSqlFrontEnd({ deadlineMs: 5000 });
  await frontEnd.install(connection);
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
  const tables = new Map<string, WarehouseTable>();
  const catalog = {
    hasDataset: (projectId: string, datasetId: string) =>
      projectId === "p" && [...tables.values()].some((table) => table.name.datasetId === datasetId),
    get: (name: WarehouseTable["name"]) =>
      tables.get(`${name.projectId}.${name.datasetId}.${name.tableId}`),
    list: (projectId: string, datasetId: string) =>
      [...tables.values()].filter(
        (t) => t.name.projectId === projectId && t.name.datasetId === datasetId,
      ),
    relationFor: (name: WarehouseTable["name"]) => relationFor(name.datasetId, name.tableId),
  };
  const compile = (sql: string, parameters: QueryParameter[] = [], legacySql = false) =>
    frontEnd.compile(sql, {
      projectId: "p",
      defaultDataset: null,
      legacySql,
      catalog,
      parameters,
      now: testNow,
    });
  return {
    connection,
    addTable: (dataset, name, schema, options) => {
      const table = { projectId: "p", datasetId: dataset, tableId: name };
      tables.set(`p.${dataset}.${name}`, {
        name: table,
        type: "TABLE",
        relation: relationFor(dataset, name),
        schema,
        partitioning: null,
        viewQuery: null,
        ...options,
      });
    },
    compile,
    run: async (sql, parameters, legacySql) => {
      const { statements } = await compile(sql, parameters, legacySql);
      let answer: Answer = { schema: [], rows: [] };
      for (const statement of statements) {
        const result = await execute(connection, statement);
        if (result) answer = result;
      }
      return answer;
    },
    close: async () => {
      await frontEnd.close();
      connection.closeSync();
      instance.closeSync();
    },
  };
}
