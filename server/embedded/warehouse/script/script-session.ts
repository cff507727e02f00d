import type { DuckDBValue } from "@duckdb/node-api";
import { bytesOf, compileOptions, type QueryConfiguration, type Staged } from "../compile-query.ts";
import type { JobPlan } from "../context.ts";
import type { CompiledStatement, TableName } from "../contract.ts";
import { WarehouseError } from "../contract.ts";
import { formerReads } from "../former-reads.ts";
import { toWarehouseError } from "../job-errors.ts";
import type { JobDocument } from "../job-resource.ts";
import { selected } from "../read-rows.ts";
import { ensureDataset, planCompiled } from "../run-query-job.ts";
import type { Expr } from "../sql/parse/ast.ts";
import type { Located, Statement } from "../sql/parse/statement-ast.ts";
import { literalOf } from "../sql/runtime/literals.ts";
import {
  type CompiledExpression,
  compileExpression,
  compileStep,
  type StepOptions,
} from "../sql/script-compiler.ts";
import { nullOf, quoteString, type Typed } from "../sql/types/typed.ts";
import {
  fieldName,
  fromField,
  type GType,
  type StructFieldType,
  toField,
} from "../sql/types/types.ts";
import type { Frame, TemporaryFunctions } from "./frames.ts";
import type { ScriptJob } from "./script-job.ts";
import { carryRows } from "./script-transaction.ts";
import { type ScriptState, systemVariable } from "./system-variables.ts";

/** What the statements of a running script share. */
export class ScriptSession {
  readonly job: ScriptJob;
  readonly functions: TemporaryFunctions = new Map();
  readonly temporaryTables = new Map<string, TableName>();
  readonly state: ScriptState;
  readonly configuration: QueryConfiguration;
  #bytesProcessed = 0;

  constructor(job: ScriptJob) {
    this.job = job;
    const { jobId, configuration, statistics } = job.job;
    this.configuration = { ...(configuration["query"] as QueryConfiguration) };
    const { children } = job;
    const session = this;
    this.state = {
      jobId,
      creationTime: statistics.creationTime,
      get childJobs() {
        return children.done.length;
      },
      get lastChildId() {
        return children.done.at(-1)?.jobId ?? null;
      },
      get bytesProcessed() {
        return session.#bytesProcessed;
      },
      get bytesBilled() {
        return children.billed;
      },
      rowCount: null,
      errors: [],
    };
  }

  options(
    frame: Frame,
    relations = new Map<string, string>(),
    staged: Staged | undefined = this.job.transaction?.staged,
  ): StepOptions {
    const { context } = this.job.host;
    const { projectId } = this.job.job;
    const now = new Date();
    const base = compileOptions(
      context.catalog,
      projectId,
      this.configuration,
      now,
      relations,
      staged,
    );
    return {
      ...base,
      source: frame.source,
      values: {
        variables: frame.variables,
        functions: this.functions,
        systemVariable: (name) => systemVariable(this.state, name),
        temporaryTables: this.temporaryTables,
        temporaryDataset: this.job.temporaryDataset,
        bound: frame.bound,
      },
    };
  }

  /** A statement of SQL as a child job. Throws its error. */
  async runSql(frame: Frame, located: Located): Promise<JobDocument> {
    const { statement, start, end } = located;
    const document = await this.job.child({ kind: "STATEMENT", frame, start, end }, (child) =>
      this.#planStatement(frame, statement, child),
    );
    this.#note(document);
    const query = document.statistics["query"] as { numDmlAffectedRows?: string };
    this.state.rowCount = query.numDmlAffectedRows ?? null;
    this.#noteTables(statement);
    return document;
  }

  #note(document: JobDocument): void {
    const failure = document.outcome?.error;
    if (failure) throw new WarehouseError(failure.reason as "invalidQuery", failure.message);
    this.#bytesProcessed += Number(document.statistics["totalBytesProcessed"] ?? 0);
  }

  #noteTables(statement: Statement): void {
    if (statement.k === "createTable" && statement.temporary) {
      const tableId = statement.path.at(-1)?.text ?? "";
      const { projectId } = this.job.job;
      const datasetId = this.job.temporaryDataset;
      this.temporaryTables.set(tableId, { projectId, datasetId, tableId });
    }
    const names = statement.k === "drop" && statement.object === "TABLE" ? statement.path : [];
    const isTemporary = names.length === 1 || names[0]?.text.toUpperCase() === "_SESSION";
    if (isTemporary) this.temporaryTables.delete(names.at(-1)?.text ?? "");
  }

  async #planStatement(frame: Frame, node: Statement, child: JobDocument): Promise<JobPlan> {
    const { context } = this.job.host;
    const relations = new Map<string, string>();
    const compile = (staged?: Staged) => {
      const options = this.options(frame, relations, staged);
      return { ...compileStep(node, options), relations };
    };
    const compiled = compile();
    const compileAgain = async (staged: Staged) => compile(staged);
    const [statement] = compiled.statements as [CompiledStatement];
    const { transaction } = this.job;
    if (transaction) refuseDefinition(this.job, statement);
    const plan = await planCompiled(context, child, compiled, compileAgain);
    return {
      ...plan,
      execute: (tx) => {
        ensureTemporaryDataset(this.job, tx, statement);
        if (!transaction || statement.kind !== "select") return plan.execute(tx);
        return carryRows(this.job.host, tx.connection, statement.sql, async (outer, sql) => {
          const rows = { ...compiled, statements: [{ ...statement, sql }] };
          const carried = await planCompiled(context, child, rows, async () => rows);
          return carried.execute(outer);
        });
      },
    };
  }

  /** The value of an expression, coerced to `target`: DuckDB's SQL of a constant. */
  async evaluate(frame: Frame, expr: Expr, target: GType | null, at: Located): Promise<Typed> {
    const compiled = compileExpression(expr, target, this.options(frame));
    if (compiled.isPure) return this.#compute(compiled);
    const { start, end } = at;
    const document = await this.job.child({ kind: "EXPRESSION", frame, start, end }, async () => {
      const again = compileExpression(expr, target, this.options(frame));
      return this.#planExpression(again);
    });
    this.#note(document);
    return { sql: document.value ?? "NULL", type: compiled.type };
  }

  async #planExpression(compiled: CompiledExpression): Promise<JobPlan> {
    const { context } = this.job.host;
    const { reads, referencedTables, readsAsOf } = compiled.compiled;
    const { locks, stillValid } = formerReads(context.catalog, readsAsOf);
    const read = { kind: "dml", statementType: "SELECT", reads } as unknown as CompiledStatement;
    const { processed, billed } = await bytesOf(context, [read]);
    return {
      locks,
      stillValid,
      execute: async (tx) => {
        const [row] = await (await tx.run(selectOf(compiled))).getRows();
        const totalBytesProcessed = String(processed);
        return {
          value: literalOf(row?.[0] ?? null, compiled.type),
          statistics: {
            totalBytesProcessed,
            query: {
              statementType: "SELECT",
              totalBytesProcessed,
              totalBytesBilled: String(billed),
              referencedTables,
            },
          },
        };
      },
    };
  }

  async #compute(value: Typed): Promise<Typed> {
    return { sql: literalOf(await this.#valueOf(value), value.type), type: value.type };
  }

  async #valueOf(value: Typed): Promise<DuckDBValue> {
    try {
      return await this.job.use(async (connection) => {
        const [row] = await (await connection.run(selectOf(value))).getRows();
        return row?.[0] ?? null;
      });
    } catch (error) {
      throw toWarehouseError(error);
    }
  }

  /** What a value of DuckDB's SQL is, as a constant. */
  constant(value: Typed): Promise<Typed> {
    return this.#compute(value);
  }

  /** The text of a STRING. */
  async textOf(value: Typed): Promise<string | null> {
    const text = await this.#valueOf(value);
    return text === null ? null : String(text);
  }

  /** The fields of a STRUCT; null where it is NULL. */
  async fieldsOf(value: Typed, fields: StructFieldType[]): Promise<Typed[] | null> {
    if (value.sql === nullOf(value.type).sql) return null;
    const parts: Typed[] = [];
    for (const [i, field] of fields.entries()) {
      const name = quoteString(fieldName(field, i));
      parts.push(
        await this.#compute({ sql: `struct_extract(${value.sql}, ${name})`, type: field.type }),
      );
    }
    return parts;
  }

  /** Rows that a child job has written, in their order, as constants. */
  async *rowsOf(document: JobDocument): AsyncGenerator<Typed[]> {
    const query = document.configuration["query"] as { destinationTable?: TableName };
    const { context } = this.job.host;
    if (!query.destinationTable) return;
    const { relation, schema } = context.catalog.requireTable(query.destinationTable);
    const types = schema.map((field) => fromField(field) as GType);
    const columns = schema.map((field) => selected(field, `"${field.name.replaceAll('"', '""')}"`));
    const page = 1000;
    for (let offset = 0; ; offset += page) {
      const rows: DuckDBValue[][] = await context.database.rows(
        `SELECT ${columns.join(", ")} FROM ${relation} LIMIT ${page} OFFSET ${offset}`,
      );
      for (const row of rows) {
        yield types.map((type, i) => ({ sql: literalOf(row[i] ?? null, type), type }));
      }
      if (rows.length < page) return;
    }
  }

  columnsOf(document: JobDocument): { name: string; type: GType }[] {
    const query = document.configuration["query"] as { destinationTable?: TableName };
    const { catalog } = this.job.host.context;
    const table = query.destinationTable && catalog.requireTable(query.destinationTable);
    return (table?.schema ?? []).map((field) => ({
      name: field.name,
      type: fromField(field) as GType,
    }));
  }
}

function selectOf({ sql, type }: Typed): string {
  const value = selected(toField("v", type), '"v"');
  return `SELECT ${value} FROM (SELECT ${sql} AS "v") AS _v`;
}

function ensureTemporaryDataset(
  job: ScriptJob,
  tx: Parameters<JobPlan["execute"]>[0],
  statement: CompiledStatement,
): void {
  if (statement.kind !== "createTable") return;
  if (statement.target.datasetId !== job.temporaryDataset) return;
  ensureDataset(tx, job.job, job.temporaryDataset);
}

function refuseDefinition(job: ScriptJob, statement: CompiledStatement): void {
  if (statement.kind === "select" || statement.kind === "dml") return;
  const isTemporary = "target" in statement && statement.target.datasetId === job.temporaryDataset;
  if (isTemporary) return;
  throw new WarehouseError(
    "invalidQuery",
    `${statement.statementType} is not supported in a transaction: only temporary tables and functions can be created and dropped there`,
  );
}
