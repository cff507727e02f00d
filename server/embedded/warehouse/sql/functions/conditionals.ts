import { coerce, supertype } from "../types/coerce.ts";
import { fill, type Typed } from "../types/typed.ts";
import { typeName } from "../types/types.ts";
import type { CallSite, FunctionTable } from "./call-site.ts";
import { signatureError } from "./supported-signatures.ts";

const anyNull = (count: number) =>
  Array.from({ length: count }, (_, i) => `$${i + 1} IS NULL`).join(" OR ");

/** NULL where any is; NaN where any is. DuckDB passes over NULL and has NaN above all. */
function extreme(fn: "greatest" | "least") {
  return (site: CallSite): Typed => {
    const args = site.call.args.map((_, i) => site.arg(i));
    const type = args.length > 0 ? supertype(args) : null;
    const coerced = type && args.map((arg) => coerce(arg, type));
    if (
      !type ||
      !coerced ||
      coerced.includes(null) ||
      ["ARRAY", "STRUCT", "JSON"].includes(type.kind)
    ) {
      const types = args.map((arg) => typeName(arg.type));
      throw site.ctx.fail(site.call.pos, signatureError(`function ${site.call.name}`, types));
    }
    const holes = coerced.map((_, i) => `$${i + 1}`);
    const nan =
      type.kind === "FLOAT64"
        ? ` WHEN ${holes.map((h) => `isnan(${h})`).join(" OR ")} THEN 'nan'::DOUBLE`
        : "";
    const template = `CASE WHEN ${anyNull(args.length)} THEN NULL${nan} ELSE ${fn}(${holes.join(", ")}) END`;
    return {
      sql: fill(
        template,
        coerced.map((arg) => arg?.sql ?? "NULL"),
      ),
      type,
    };
  };
}

function nullIf(site: CallSite): Typed {
  const [a, b] = [site.arg(0), site.arg(1)];
  const type = supertype([a, b]);
  const [x, y] = type ? [coerce(a, type), coerce(b, type)] : [null, null];
  if (
    !type ||
    !x ||
    !y ||
    site.call.args.length !== 2 ||
    ["ARRAY", "STRUCT", "JSON"].includes(type.kind)
  ) {
    throw site.ctx.fail(
      site.call.pos,
      signatureError("function NULLIF", [typeName(a.type), typeName(b.type)]),
    );
  }
  const nan = type.kind === "FLOAT64" ? " AND NOT isnan($1)" : "";
  return { sql: fill(`CASE WHEN $1 = $2${nan} THEN NULL ELSE $1 END`, [x.sql, y.sql]), type };
}

export const conditionalFunctions: FunctionTable = {
  IF: [["BOOL, T, T -> T", "CASE WHEN $1 THEN $2 ELSE $3 END"]],
  IFNULL: [["T, T -> T", "coalesce($1, $2)"]],
  COALESCE: [
    ["T, T... -> T", "coalesce($*)"],
    ["T -> T", "$1"],
  ],
  NULLIF: nullIf,
  NULLIFZERO: [
    ["INT64 -> INT64", "nullif($1, 0)"],
    ["NUMERIC -> NUMERIC", "nullif($1, 0)"],
    ["BIGNUMERIC -> BIGNUMERIC", "nullif($1, 0::BIGNUM)"],
    ["FLOAT64 -> FLOAT64", "nullif($1, 0)"],
  ],
  GREATEST: extreme("greatest"),
  LEAST: extreme("least"),
  ZEROIFNULL: [
    ["INT64 -> INT64", "coalesce($1, 0)"],
    ["NUMERIC -> NUMERIC", "coalesce($1, 0)"],
    ["BIGNUMERIC -> BIGNUMERIC", "coalesce($1, 0::BIGNUM)"],
    ["FLOAT64 -> FLOAT64", "coalesce($1, 0)"],
  ],
};
