import { type Arithmetic, fill, type Typed } from "../types/typed.ts";
import { scalar } from "../types/types.ts";

const maxLeaves = 40;

/**
 * FLOAT64 `+ - *`: DuckDB goes on with infinity where BigQuery fails. A whole tree of such operators
 * is checked once, at its root: not finite although every leaf is.
 */
export function floatArithmetic(operator: string, left: Typed, right: Typed): Typed {
  const [a, b] = [partOf(left), partOf(right)];
  const shifted = b.template.replace(
    /\$(\d+)/g,
    (_, n: string) => `$${Number(n) + a.leaves.length}`,
  );
  const template = `(${a.template} ${operator} ${shifted})`;
  const leaves = [...a.leaves, ...b.leaves];
  const sql = fill(
    checked(operator, template, leaves),
    leaves.map((leaf) => leaf.sql),
  );
  const type = scalar("FLOAT64");
  return leaves.length > maxLeaves
    ? { sql, type }
    : { sql, type, arithmetic: { template, leaves } };
}

function partOf(value: Typed): Arithmetic {
  return value.arithmetic ?? { template: "$1", leaves: [value] };
}

/** Whole numbers and constants are finite. */
function mayBeInfinite(leaf: Typed): boolean {
  return !leaf.constant && !leaf.sql.startsWith("CAST(");
}

function checked(operator: string, template: string, leaves: Typed[]): string {
  const finite = leaves.flatMap((leaf, i) => (mayBeInfinite(leaf) ? [`isfinite($${i + 1})`] : []));
  const excused = finite.length > 0 ? ` OR NOT (${finite.join(" AND ")})` : "";
  const values =
    leaves.length === 2
      ? ` maestro_float_text($1) || ' ${operator} ' || maestro_float_text($2)`
      : "''";
  return `CASE WHEN coalesce(isfinite(${template}), true)${excused} THEN ${template} ELSE error('double overflow: ' || ${values}) END`;
}
