import { bytesOf, compileOptions, type QueryConfiguration } from "../compile-query.ts";
import type { WarehouseContext } from "../context.ts";
import {
  type CompiledStatement,
  type TableName,
  WarehouseError,
  type WarehouseTable,
} from "../contract.ts";
import { tableKey } from "../documents.ts";
import type { JobDocument } from "../job-resource.ts";
import type { Expr } from "../sql/parse/ast.ts";
import type { Located, Statement } from "../sql/parse/statement-ast.ts";
import type { StepOptions } from "../sql/script-compiler.ts";
import { compileExpression, compileStep, compileType } from "../sql/script-compiler.ts";
import { nullOf, type Typed } from "../sql/types/typed.ts";
import { fromField, type GType, scalar } from "../sql/types/types.ts";
import type { TemporaryFunctions } from "./frames.ts";
import type { ScriptText } from "./script-text.ts";
import { systemVariable } from "./system-variables.ts";

const temporaryDataset = "_script";

/**
 * What a dry run says of a script: every statement is compiled once, in the order of the text. Tables
 * that it makes are seen by what follows. What a branch, a loop or dynamic SQL would make cannot be
 * known: behind those a table that is not there is no error. The bytes are the least that it reads.
 */
export async function dryRunScript(
  context: WarehouseContext,
  job: JobDocument,
  script: ScriptText,
): Promise<Record<string, unknown>> {
  const reader = new ScriptReader(context, job, script.sql);
  reader.list(script.statements);
  const { processed } = await bytesOf(context, reader.statements);
  const totalBytesProcessed = String(processed);
  return {
    totalBytesProcessed,
    query: {
      statementType: script.statementType,
      totalBytesProcessed,
      totalBytesBilled: "0",
      totalBytesProcessedAccuracy: "LOWER_BOUND",
      cacheHit: false,
      referencedTables: [...reader.referenced.values()],
    },
  };
}

class ScriptReader {
  readonly statements: CompiledStatement[] = [];
  readonly referenced = new Map<string, TableName>();
  readonly #variables = new Map<string, Typed>();
  readonly #functions: TemporaryFunctions = new Map();
  readonly #temporaryTables = new Map<string, TableName>();
  readonly #overlay = new Map<string, WarehouseTable | null>();
  readonly #options: StepOptions;
  #isCertain = true;

  constructor(context: WarehouseContext, job: JobDocument, source: string) {
    const configuration = job.configuration["query"] as QueryConfiguration;
    const now = new Date();
    const state = {
      jobId: job.jobId,
      creationTime: job.statistics.creationTime,
      childJobs: 0,
      lastChildId: null,
      bytesProcessed: 0,
      bytesBilled: 0,
      rowCount: "0",
      errors: [],
    };
    this.#options = {
      ...compileOptions(context.catalog, job.projectId, configuration, now, new Map()),
      source,
      values: {
        variables: this.#variables,
        functions: this.#functions,
        systemVariable: (name) => systemVariable(state, name),
        temporaryTables: this.#temporaryTables,
        temporaryDataset,
        overlay: this.#overlay,
        bound: null,
      },
    };
  }

  list(statements: Located[]): void {
    const declared: string[] = [];
    for (const { statement } of statements) {
      if (statement.k === "declare") {
        declared.push(...statement.names.map((name) => name.text.toLowerCase()));
      }
      this.#forgiving(() => this.#statement(statement));
    }
    for (const name of declared) this.#variables.delete(name);
  }

  #forgiving(work: () => void): void {
    try {
      work();
    } catch (error) {
      const isMissing = error instanceof WarehouseError && error.reason === "notFound";
      if (this.#isCertain || !isMissing) throw error;
    }
  }

  #maybe(statements: Located[]): void {
    const before = this.#isCertain;
    this.#isCertain = false;
    this.list(statements);
    this.#isCertain = before;
  }

  #expression(expr: Expr, target: GType | null): GType {
    const { type, compiled } = compileExpression(expr, target, this.#options);
    for (const name of compiled.referencedTables) this.referenced.set(tableKey(name), name);
    const read = { kind: "dml", statementType: "SELECT", reads: compiled.reads };
    this.statements.push(read as unknown as CompiledStatement);
    return type;
  }

  #declare(node: Extract<Statement, { k: "declare" }>): void {
    const declared = node.type && compileType(node.type, this.#options);
    const type = node.value ? this.#expression(node.value, declared) : declared;
    for (const name of node.names) {
      this.#variables.set(name.text.toLowerCase(), nullOf(type ?? scalar("INT64")));
    }
  }

  #statement(node: Statement): void {
    switch (node.k) {
      case "declare":
        this.#declare(node);
        return;
      case "set":
        this.#expression(
          node.value,
          this.#variables.get(node.name.text.toLowerCase())?.type ?? null,
        );
        return;
      case "setMany":
      case "setSystem":
        this.#expression(node.value, null);
        return;
      case "assert":
        this.#expression(node.condition, scalar("BOOL"));
        return;
      case "raise":
        if (node.message) this.#expression(node.message, scalar("STRING"));
        return;
      case "executeImmediate":
        this.#expression(node.sql, scalar("STRING"));
        for (const { value } of node.using) this.#expression(value, null);
        this.#isCertain = false;
        return;
      case "call":
        this.#isCertain = false;
        return;
      case "leave":
      case "iterate":
      case "return":
      case "transaction":
        return;
      case "createFunction":
        if (node.temporary) this.#functions.set(node.name.text.toLowerCase(), node);
        else this.#sql(node);
        return;
      default:
        this.#nested(node);
        return;
    }
  }

  #nested(node: Statement): void {
    switch (node.k) {
      case "block":
        this.list(node.body);
        this.#maybe(node.handler ?? []);
        return;
      case "if":
        for (const { condition, body } of node.branches) {
          this.#expression(condition, scalar("BOOL"));
          this.#maybe(body);
        }
        this.#maybe(node.otherwise);
        return;
      case "caseStatement":
        if (node.operand) this.#expression(node.operand, null);
        for (const { value, body } of node.whens) {
          this.#expression(value, null);
          this.#maybe(body);
        }
        this.#maybe(node.otherwise ?? []);
        return;
      case "while":
        this.#expression(node.condition, scalar("BOOL"));
        this.#maybe(node.body);
        return;
      case "loop":
      case "repeat":
        this.#maybe(node.body);
        if (node.k === "repeat") this.#expression(node.until, scalar("BOOL"));
        return;
      case "for":
        this.#for(node);
        return;
      default:
        this.#sql(node);
    }
  }

  #for(node: Extract<Statement, { k: "for" }>): void {
    const query = this.#sql({ k: "query", query: node.query, pos: node.pos });
    const schema = query.kind === "select" ? query.schema : [];
    const fields = schema.map((field) => ({ name: field.name, type: fromField(field) as GType }));
    const variable = node.variable.text.toLowerCase();
    this.#variables.set(variable, nullOf({ kind: "STRUCT", fields }));
    this.#maybe(node.body);
    this.#variables.delete(variable);
  }

  #sql(node: Statement): CompiledStatement {
    const compiled = compileStep(node, this.#options);
    for (const name of compiled.referencedTables) this.referenced.set(tableKey(name), name);
    this.statements.push(...compiled.statements);
    if (node.k === "createTable" && node.temporary) {
      const tableId = node.path.at(-1)?.text ?? "";
      const { projectId } = this.#options;
      this.#temporaryTables.set(tableId, { projectId, datasetId: temporaryDataset, tableId });
    }
    return compiled.statements[0] as CompiledStatement;
  }
}
