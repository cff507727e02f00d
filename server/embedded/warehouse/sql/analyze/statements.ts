import type { CompiledStatement } from "../../contract.ts";
import type { Statement } from "../parse/statement-ast.ts";
import { toField } from "../types/types.ts";
import type { Context } from "./context.ts";
import { compileCreateTable } from "./create-table.ts";
import { compileDml } from "./dml.ts";
import { readsOf, resultLabels } from "./results.ts";
import { qualify } from "./tables.ts";

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
      ctx.functions.set(node.name.text.toLowerCase(), node);
      return null;
    case "createTable":
      return compileCreateTable(ctx, node);
    case "createView":
      return compileView(ctx, node);
    case "createSchema": {
      const [datasetId = "", projectId = ctx.options.projectId] = node.path
        .map((n) => n.text)
        .reverse();
      return {
        kind: "createSchema",
        statementType: "CREATE_SCHEMA",
        reads: [],
        projectId,
        datasetId,
        ifNotExists: node.ifNotExists,
      };
    }
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
  if (node.columns) throw ctx.refuse("CREATE VIEW with column names");
  const target = qualify(ctx, node.path);
  const relation = ctx.collect(() =>
    ctx.analyzers.query(ctx, node.query, null, resultLabels),
  ).result;
  return {
    kind: "createView",
    statementType: "CREATE_VIEW",
    target,
    mode: node.mode,
    viewQuery: node.text,
    schema: relation.columns.map((column) => toField(column.id, column.type)),
    reads: [],
  };
}

function compileDrop(ctx: Context, node: Extract<Statement, { k: "drop" }>): CompiledStatement {
  const statementType = `DROP_${node.object}`;
  if (node.object === "SCHEMA") {
    const [datasetId = "", projectId = ctx.options.projectId] = node.path
      .map((n) => n.text)
      .reverse();
    const target = { projectId, datasetId, tableId: "" };
    return {
      kind: "drop",
      statementType,
      object: node.object,
      target,
      ifExists: node.ifExists,
      reads: [],
    };
  }
  const target = qualify(ctx, node.path);
  ctx.overlay.set(`${target.projectId}.${target.datasetId}.${target.tableId}`, null);
  return {
    kind: "drop",
    statementType,
    object: node.object,
    target,
    ifExists: node.ifExists,
    reads: [],
  };
}
