import type { CompiledStatement } from "../../contract.ts";
import type { Statement } from "../parse/statement-ast.ts";
import { toField } from "../types/types.ts";
import { compileAlter } from "./alter.ts";
import type { Context } from "./context.ts";
import { compileCopyTable } from "./copy-table.ts";
import { compileCreateTable } from "./create-table.ts";
import { compileDml } from "./dml.ts";
import { objectOptions } from "./options.ts";
import { readsOf, requireNames, resultLabels } from "./results.ts";
import {
  compileCreateFunction,
  compileCreateProcedure,
  compileCreateTableFunction,
  compileDropRoutine,
} from "./routines.ts";
import { boundText } from "./stored-text.ts";
import { tableKey } from "./table-columns.ts";
import { datasetName, qualify } from "./tables.ts";

/** One statement; null where it only declares (a temporary function). */
export function compileStatement(ctx: Context, node: Statement): CompiledStatement | null {
  ctx.reads = new Map();
  return compileKind(ctx, node);
}

function compileKind(ctx: Context, node: Statement): CompiledStatement | null {
  switch (node.k) {
    case "query":
      return compileSelect(ctx, node);
    case "createFunction":
      if (!node.temporary) return compileCreateFunction(ctx, node);
      ctx.functions.set(node.name.text.toLowerCase(), node);
      return null;
    case "createTable":
      return compileCreateTable(ctx, node);
    case "createView":
      return compileView(ctx, node);
    case "copyTable":
      return compileCopyTable(ctx, node);
    case "alter":
      return compileAlter(ctx, node);
    case "createSchema":
      return {
        kind: "createSchema",
        statementType: "CREATE_SCHEMA",
        reads: [],
        ...datasetName(ctx, node.path),
        ifNotExists: node.ifNotExists,
        options: objectOptions(ctx, "schema", node.options),
      };
    case "createTableFunction":
      return compileCreateTableFunction(ctx, node);
    case "createProcedure":
      return compileCreateProcedure(ctx, node);
    case "dropRoutine":
      return compileDropRoutine(ctx, node);
    case "drop":
      return compileDrop(ctx, node);
    default:
      return compileDml(ctx, node);
  }
}

function compileSelect(ctx: Context, node: Extract<Statement, { k: "query" }>): CompiledStatement {
  const relation = ctx.analyzers.query(ctx, node.query, ctx.root, resultLabels);
  for (const column of relation.columns) column.use();
  return {
    kind: "select",
    statementType: "SELECT",
    sql: relation.sql,
    schema: relation.columns.map((column) => toField(column.id, column.type)),
    reads: readsOf(ctx),
  };
}

function compileView(
  ctx: Context,
  node: Extract<Statement, { k: "createView" }>,
): CompiledStatement {
  const target = qualify(ctx, node.path);
  const query = () => ctx.analyzers.query(ctx, node.query, null, resultLabels);
  const bound = boundText(ctx, "views", node, () => ctx.collect(query).result);
  const relation = bound.result;
  if (!node.columns) requireNames(ctx, "VIEW", relation.columns, node.query.pos);
  if (node.columns && node.columns.length !== relation.columns.length) {
    throw ctx.fail(
      node.pos,
      `The number of columns in the view definition does not match its query (${node.columns.length} vs ${relation.columns.length})`,
    );
  }
  return {
    kind: "createView",
    statementType: node.materialized ? "CREATE_MATERIALIZED_VIEW" : "CREATE_VIEW",
    target,
    mode: node.mode,
    materialized: node.materialized,
    viewQuery: bound.text,
    columnNames: node.columns?.map(({ text }) => text) ?? null,
    schema: relation.columns.map((column, i) =>
      toField(node.columns?.[i]?.text ?? column.id, column.type),
    ),
    options: objectOptions(ctx, "view", node.options),
    reads: [],
  };
}

function compileDrop(ctx: Context, node: Extract<Statement, { k: "drop" }>): CompiledStatement {
  const { object, special, ifExists } = node;
  const prefix = special ? (object === "TABLE" ? "SNAPSHOT_" : "MATERIALIZED_") : "";
  const target =
    object === "SCHEMA" ? { ...datasetName(ctx, node.path), tableId: "" } : qualify(ctx, node.path);
  if (object !== "SCHEMA") ctx.overlay.set(tableKey(target), null);
  return {
    kind: "drop",
    statementType: `DROP_${prefix}${object}`,
    object,
    special,
    target,
    ifExists,
    reads: [],
  };
}
