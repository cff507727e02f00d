import { type TableName, WarehouseError } from "../../contract.ts";
import type { Context, RelationColumn } from "./context.ts";

/** The result's names: `f0_` for what has none. */
export function resultLabels(columns: RelationColumn[]): string[] {
  const labels = columns.map((column, i) => column.name ?? `f${i}_`);
  const seen = new Set<string>();
  const doubles = new Set<string>();
  for (const label of labels) {
    const lower = label.toLowerCase();
    if (seen.has(lower)) doubles.add(label);
    seen.add(lower);
  }
  if (doubles.size > 0) {
    throw new WarehouseError(
      "invalidQuery",
      `Duplicate column names in the result are not supported when a destination table is present. Found duplicate(s): ${[...doubles].join(", ")}`,
    );
  }
  return labels;
}

/** What is stored has names. `pos` is the query's. */
export function requireNames(
  ctx: Context,
  what: "TABLE" | "VIEW",
  columns: RelationColumn[],
  pos: number,
): void {
  const at = columns.findIndex(({ name }) => name === null);
  if (at < 0) return;
  throw ctx.fail(pos, `CREATE ${what} columns must be named, but column ${at + 1} has no name`);
}

export function readsOf(ctx: Context): { table: TableName; columns: string[] | null }[] {
  return [...ctx.reads.values()].map(({ table, columns }) => ({ table, columns: [...columns] }));
}
