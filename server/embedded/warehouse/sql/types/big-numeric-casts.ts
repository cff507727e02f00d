import { readBig } from "../runtime/big-numerics.ts";
import type { CastRule } from "./cast-rules.ts";
import { fill, type Typed } from "./typed.ts";
import type { GType } from "./types.ts";

/** A BIGNUMERIC's constant, of its units of 10 ** -38. */
export const bigSql = (units: bigint): string => `'${units}'::BIGNUM`;

const toBig: Partial<Record<GType["kind"], string>> = {
  INT64: "maestro_big_of_integer($1)",
  NUMERIC: "maestro_parse_big(CAST($1 AS VARCHAR))",
  FLOAT64: "maestro_big_of_float($1)",
};

/** What makes a BIGNUMERIC of another number, or another number of it; null for other types. */
export function coerceBig(from: Typed, to: GType): string | null {
  if (to.kind === "BIGNUMERIC") {
    const { value, text } = from.constant ?? {};
    const units = typeof value === "bigint" ? readBig(String(value)) : text ? readBig(text) : null;
    if (units !== null) return bigSql(units);
    const template = toBig[from.type.kind];
    return template ? fill(template, [from.sql]) : null;
  }
  if (from.type.kind !== "BIGNUMERIC" || to.kind !== "FLOAT64") return null;
  return fill("maestro_big_float($1)", [from.sql]);
}

const tried =
  (template: string): CastRule =>
  (form) =>
    form.cast === "TRY_CAST" ? `TRY(${template})` : template;

export const bigNumericCasts: Record<string, CastRule> = {
  "INT64>BIGNUMERIC": "maestro_big_of_integer($1)",
  "NUMERIC>BIGNUMERIC": "maestro_parse_big(CAST($1 AS VARCHAR))",
  "FLOAT64>BIGNUMERIC": tried("maestro_big_of_float($1)"),
  "STRING>BIGNUMERIC": tried("maestro_parse_big($1)"),
  "BIGNUMERIC>INT64": tried("maestro_big_integer($1)"),
  "BIGNUMERIC>NUMERIC": tried("CAST(maestro_big_numeric($1) AS DECIMAL(38,9))"),
  "BIGNUMERIC>FLOAT64": "maestro_big_float($1)",
  "BIGNUMERIC>STRING": "maestro_big_text($1)",
};
