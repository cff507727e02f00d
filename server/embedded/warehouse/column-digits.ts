import { createRelation } from "./create-relation.ts";
import type { StoredDigits, TableDocument } from "./documents.ts";
import { quoteName } from "./field-types.ts";
import type { WarehouseTransaction } from "./transaction.ts";

/**
 * NUMERIC columns with fewer digits.
 *
 * A NUMERIC takes 128 bits as DECIMAL(38,9). A load job that makes a table from a file with narrower
 * decimals stores them as they are, and notes in the table's document what its values are like: the
 * SQL front end then computes with just these digits. Nothing of it shows: `wideRelation` is the
 * table as its schema says.
 *
 * The note is true as long as the relation lives, since nobody writes to it again: who adds or
 * changes rows or columns first makes a wide relation of it (`widen`), in the same transaction, and
 * the table stays so. SQL that was compiled before goes on reading the old relation, which the catalog
 * keeps for it.
 */

/** What a decimal can hold: `DECIMAL(15,2)`, as DuckDB calls it. Null for all that is no NUMERIC. */
export function digitsOf(name: string, type: string): StoredDigits | null {
  const found = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
  const [width, scale] = [Number(found?.[1]), Number(found?.[2])];
  const isNarrow = found !== null && scale <= 9 && width - scale <= 29 && width < 38;
  return isNarrow ? { name, width, scale, most: "9".repeat(width) } : null;
}

/** What stands after FROM for all who take NUMERIC for DECIMAL(38,9). */
export function wideRelation({ relation, schema, digits }: TableDocument): string {
  const isNarrow = new Set(digits?.map(({ name }) => name));
  const names = schema.filter(({ name, type }) => type === "NUMERIC" && isNarrow.has(name));
  if (names.length === 0) return relation;
  const casts = names.map(({ name }) => {
    const column = quoteName(name);
    return `CAST(${column} AS DECIMAL(38,9)) AS ${column}`;
  });
  return `(SELECT * REPLACE (${casts.join(", ")}) FROM ${relation})`;
}

/** Looks at the rows of a table that was just filled. Its integers are noted too. */
export async function measureDigits(
  tx: WarehouseTransaction,
  { relation, schema }: TableDocument,
  decimals: StoredDigits[],
): Promise<StoredDigits[]> {
  const integers = schema.filter(({ type, mode }) => type === "INTEGER" && mode !== "REPEATED");
  const shapes = [
    ...decimals,
    ...integers.map(({ name }): StoredDigits => ({ name, width: 19, scale: 0, most: "" })),
  ];
  const ends = shapes.flatMap(({ name }) =>
    ["max", "min"].map((fn) => `CAST(${fn}(${quoteName(name)}) AS VARCHAR)`),
  );
  const [row] = await (await tx.run(`SELECT ${ends.join(", ")} FROM ${relation}`)).getRows();
  const units = (at: number) => BigInt(String(row?.[at] ?? "0").replace(/[.-]/g, ""));
  return shapes.map((shape, i) => {
    const [most] = [units(2 * i), units(2 * i + 1)].sort((a, b) => (a < b ? 1 : -1));
    return { ...shape, most: String(most) };
  });
}

/** The table in a relation that may be written to. */
export async function widen(
  tx: WarehouseTransaction,
  table: TableDocument,
): Promise<TableDocument> {
  const { digits, ...plain } = table;
  if (!digits) return table;
  const wide = { ...plain, relation: tx.catalog.newRelation() };
  await createRelation(tx, wide);
  await tx.run(`INSERT INTO ${wide.relation} BY NAME SELECT * FROM ${table.relation}`);
  return wide;
}
