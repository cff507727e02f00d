import type { CompiledStatement } from "../../contract.ts";
import type { Statement } from "../parse/statement-ast.ts";
import type { Context } from "./context.ts";
import { addToOverlay } from "./create-table.ts";
import { objectOptions } from "./options.ts";
import { readsOf } from "./results.ts";
import { tableAsOf } from "./system-time.ts";
import { readColumn, tableKey } from "./table-columns.ts";
import { findTable, qualify } from "./tables.ts";

type CopyTable = Extract<Statement, { k: "copyTable" }>;

/** CREATE TABLE … LIKE | COPY | CLONE, CREATE SNAPSHOT TABLE … CLONE. */
export function compileCopyTable(ctx: Context, node: CopyTable): CompiledStatement {
  const target = qualify(ctx, node.path);
  const current = findTable(ctx, qualify(ctx, node.source));
  const asOf = node.asOf && tableAsOf(ctx, current, node.asOf);
  const source = asOf?.table ?? current;
  if (source.viewQuery !== null) {
    throw ctx.fail(
      node.source[0]?.pos ?? 0,
      `${node.how} needs a table: ${tableKey(source.name)} is a view`,
    );
  }
  ctx.referenced.set(tableKey(source.name), source.name);
  if (node.how !== "LIKE") for (const { name } of source.schema) readColumn(ctx, source, name)();
  addToOverlay(ctx, target, source.schema, source.partitioning);
  return {
    kind: "copyTable",
    statementType:
      node.how === "SNAPSHOT"
        ? "CREATE_SNAPSHOT_TABLE"
        : node.how === "LIKE"
          ? "CREATE_TABLE"
          : `CREATE_TABLE_${node.how}`,
    how: node.how,
    target,
    source: source.name,
    asOf: asOf?.instant ?? null,
    mode: node.mode,
    options: objectOptions(ctx, "table", node.options),
    reads: readsOf(ctx),
  };
}
