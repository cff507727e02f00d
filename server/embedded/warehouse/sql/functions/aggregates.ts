import { coerce } from "../types/coerce.ts";
import { carried, physical } from "../types/exact-decimals.ts";
import { fill, type Typed } from "../types/typed.ts";
import { arrayOf, isRange, scalar, typeName } from "../types/types.ts";
import { aggregateOrder } from "./aggregate-order.ts";
import type { CallSite } from "./call-site.ts";
import { meanOfDecimals } from "./decimal-aggregates.ts";
import { meanOfIntervals, sumOfIntervals } from "./interval-aggregates.ts";
import { floatSum, numericSum } from "./sums.ts";
import { signatureError } from "./supported-signatures.ts";
import { withoutNaN } from "./without-nan.ts";

/** `over`: empty, or the window clause that follows each aggregate. */
export type AggregateSite = CallSite & { over: string };
export type AggregateRule = (site: AggregateSite) => Typed;

const INT64 = scalar("INT64");
const FLOAT64 = scalar("FLOAT64");
const BOOL = scalar("BOOL");

/** Names that are another's: an error speaks of that one. */
const canonical: Record<string, string> = { STDDEV: "STDDEV_SAMP", VARIANCE: "VAR_SAMP" };

function noMatch(site: CallSite): Error {
  const types = site.call.args.map((_, i) => typeName(site.arg(i).type));
  return site.ctx.fail(
    site.call.pos,
    signatureError(`aggregate function ${canonical[site.call.name] ?? site.call.name}`, types),
  );
}

function only(
  site: AggregateSite,
  count: number,
  ...allowed: ("distinct" | "nulls" | "order")[]
): void {
  const { call, ctx } = site;
  if (call.args.length !== count || call.star) throw noMatch(site);
  if (call.distinct && !allowed.includes("distinct"))
    throw ctx.fail(call.pos, `${call.name} does not support DISTINCT`);
  if (call.nulls && !allowed.includes("nulls"))
    throw ctx.refuse(`${call.name} with ${call.nulls.toUpperCase()} NULLS`);
  if ((call.orderBy.length > 0 || call.limit) && !allowed.includes("order")) {
    throw ctx.fail(call.pos, `${call.name} does not support ORDER BY or LIMIT in arguments`);
  }
}

const distinct = (site: CallSite) => (site.call.distinct ? "DISTINCT " : "");

function count(site: AggregateSite): Typed {
  if (site.call.star) return { sql: `count(*)${site.over}`, type: INT64 };
  only(site, 1, "distinct");
  const arg = site.arg(0);
  if (site.call.distinct && ["ARRAY", "STRUCT"].includes(arg.type.kind)) {
    throw site.ctx.refuse(`COUNT(DISTINCT …) of ${typeName(arg.type)}`);
  }
  if (site.call.distinct && arg.type.kind === "JSON") {
    throw site.ctx.fail(
      site.call.pos,
      `Aggregate functions with DISTINCT cannot be used with arguments of type ${typeName(arg.type)}`,
    );
  }
  return { sql: `count(${distinct(site)}${physical(arg)})${site.over}`, type: INT64 };
}

function countIf(site: AggregateSite): Typed {
  only(site, 1);
  const arg = coerce(site.arg(0), BOOL);
  if (!arg) throw noMatch(site);
  return { sql: `count(*) FILTER (WHERE ${arg.sql})${site.over}`, type: INT64 };
}

/** A sum of BIGINTs is HUGEINT to DuckDB: the cast is the overflow check. */
function sum(site: AggregateSite): Typed {
  only(site, 1, "distinct");
  const arg = site.arg(0);
  const callOf = (value: string) => `sum(${distinct(site)}${value})${site.over}`;
  const call = callOf(arg.sql);
  switch (arg.type.kind) {
    case "INT64":
      return { sql: `CAST(${call} AS BIGINT)`, type: INT64 };
    case "NUMERIC":
      return numericSum(callOf, arg);
    case "FLOAT64":
      return { sql: floatSum(call, arg.sql, site.over), type: FLOAT64 };
    case "BIGNUMERIC":
      return { sql: `maestro_big_sum(${call})`, type: arg.type };
    case "INTERVAL":
      return sumOfIntervals(site, arg);
    default:
      throw noMatch(site);
  }
}

function avg(site: AggregateSite): Typed {
  only(site, 1, "distinct");
  const arg = site.arg(0);
  if (/NUMERIC/.test(arg.type.kind)) return meanOfDecimals(site, arg);
  if (arg.type.kind === "INTERVAL") return meanOfIntervals(site, arg);
  if (arg.type.kind !== "INT64" && arg.type.kind !== "FLOAT64") throw noMatch(site);
  const mean = `avg(${distinct(site)}${arg.sql})${site.over}`;
  if (arg.type.kind === "INT64") return { sql: mean, type: FLOAT64 };
  // The mean of infinities depends on the order in which they come.
  const sql = `CASE WHEN isinf(${mean}) THEN error('not supported by the local warehouse: AVG of infinity') ELSE ${mean} END`;
  return { sql, type: FLOAT64 };
}

/** NaN wins in both; DuckDB has it as the greatest. */
function extreme(fn: "min" | "max"): AggregateRule {
  return (site) => {
    only(site, 1, "distinct");
    const arg = site.arg(0);
    if (["ARRAY", "STRUCT", "JSON"].includes(arg.type.kind)) throw noMatch(site);
    if (isRange(arg.type.kind)) throw site.ctx.refuse(`${site.call.name} over ${arg.type.kind}`);
    const plain = `${fn}(${physical(arg)})${site.over}`;
    if (arg.type.kind === "NUMERIC") return carried(plain, arg.type, arg.exact);
    if (fn === "max" || arg.type.kind !== "FLOAT64") return { sql: plain, type: arg.type };
    return {
      sql: `CASE WHEN bool_or(isnan(${arg.sql}))${site.over} THEN 'nan'::DOUBLE ELSE ${plain} END`,
      type: FLOAT64,
    };
  };
}

function logical(fn: "bool_and" | "bool_or"): AggregateRule {
  return (site) => {
    only(site, 1);
    const arg = coerce(site.arg(0), BOOL);
    if (!arg) throw noMatch(site);
    return { sql: `${fn}(${arg.sql})${site.over}`, type: BOOL };
  };
}

function floats(sql: string, arity: number): AggregateRule {
  return (site) => {
    only(site, arity, "distinct");
    if (site.call.distinct) throw site.ctx.refuse(`${site.call.name} with DISTINCT`);
    const args = site.call.args.map((_, i) => {
      const value = site.arg(i);
      if (/NUMERIC/.test(value.type.kind))
        throw site.ctx.refuse(`${site.call.name} over ${value.type.kind}`);
      return coerce(value, FLOAT64);
    });
    if (args.includes(null)) throw noMatch(site);
    return { sql: `${sql}(${args.map((arg) => arg?.sql).join(", ")})${site.over}`, type: FLOAT64 };
  };
}

function bits(fn: string): AggregateRule {
  return (site) => {
    only(site, 1, "distinct");
    const arg = coerce(site.arg(0), INT64);
    if (!arg) throw noMatch(site);
    return { sql: `${fn}(${distinct(site)}${arg.sql})${site.over}`, type: INT64 };
  };
}

function anyValue(site: AggregateSite): Typed {
  only(site, 1);
  const { having } = site.call;
  const arg = site.arg(0);
  if (having) return valueAtExtreme(site, arg, site.ctx.expr(site.env, having.expr), having.max);
  return carried(`any_value(${physical(arg)})${site.over}`, arg.type, arg.exact);
}

/** MAX_BY(value, key): the same as ANY_VALUE(value HAVING MAX key). */
function extremeBy(max: boolean): AggregateRule {
  return (site) => {
    only(site, 2);
    return valueAtExtreme(site, site.arg(0), site.arg(1), max);
  };
}

function valueAtExtreme(site: AggregateSite, value: Typed, key: Typed, max: boolean): Typed {
  const { kind } = key.type;
  if (["ARRAY", "STRUCT", "JSON"].includes(kind)) throw noMatch(site);
  const plain = `${max ? "arg_max_null" : "arg_min_null"}(${value.sql}, ${key.sql})${site.over}`;
  return { sql: withoutNaN(site, key, plain), type: value.type };
}

/** The nearest ranks: element ceil(i * rows / n) of the sorted values, the first at least. */
function approxQuantiles(site: AggregateSite): Typed {
  const { call, ctx } = site;
  only({ ...site, call: { ...call, args: call.args.slice(0, 1) } }, 1, "distinct");
  const arg = site.arg(0);
  const count = call.args.length === 2 ? coerce(site.arg(1), INT64)?.constant?.value : null;
  if (typeof count !== "bigint" || count < 1n || count > 10_000n) {
    throw ctx.fail(
      call.pos,
      "Argument 2 to APPROX_QUANTILES must be a positive integer literal or parameter",
    );
  }
  if (["ARRAY", "STRUCT", "JSON", "INTERVAL"].includes(arg.type.kind)) throw noMatch(site);
  const sorted = `array_agg(${distinct(site)}${arg.sql} ORDER BY ${arg.sql}) FILTER (WHERE ${arg.sql} IS NOT NULL)`;
  const ranks = `list_transform(generate_series(0, ${count}), lambda _i: $1[greatest(1, (_i * len($1) + ${count - 1n}) // ${count})])`;
  const sql = fill(`CASE WHEN $1 IS NULL THEN NULL ELSE ${ranks} END`, [sorted]);
  return { sql: withoutNaN(site, arg, sql), type: arrayOf(arg.type) };
}

/** What is gathered into one value: DISTINCT, FILTER for the NULLs, ORDER BY; then LIMIT. */
function gather(site: AggregateSite, arg: Typed, skipNulls: boolean): string {
  const order = aggregateOrder(site, arg);
  const filter = skipNulls ? ` FILTER (WHERE ${arg.sql} IS NOT NULL)` : "";
  const list = (value: string) =>
    `array_agg(${distinct(site)}${value}${order})${filter}${site.over}`;
  // DISTINCT orders by nothing but the argument, and floats are ordered by what they are negated.
  const isNegated = site.call.distinct && order !== "" && arg.type.kind === "FLOAT64";
  return isNegated ? `list_transform(${list(`(- ${arg.sql})`)}, lambda _e: (- _e))` : list(arg.sql);
}

function limited(site: AggregateSite, list: string): string {
  if (!site.call.limit) return list;
  const limit = coerce(site.ctx.expr(site.env, site.call.limit), INT64)?.constant?.value;
  if (typeof limit !== "bigint" || limit < 0n)
    throw site.ctx.fail(site.call.pos, "LIMIT expects a non-negative integer literal or parameter");
  return `(${list})[1:${limit}]`;
}

function arrayAgg(site: AggregateSite): Typed {
  only(site, 1, "distinct", "nulls", "order");
  const arg = site.arg(0);
  if (arg.type.kind === "ARRAY") {
    throw site.ctx.fail(
      site.call.pos,
      `The argument to ARRAY_AGG must not be an array type but was ${typeName(arg.type)}`,
    );
  }
  return {
    sql: limited(site, gather(site, arg, site.call.nulls === "ignore")),
    type: arrayOf(arg.type),
  };
}

function arrayConcatAgg(site: AggregateSite): Typed {
  only(site, 1, "order");
  const arg = site.arg(0);
  if (arg.type.kind !== "ARRAY") throw noMatch(site);
  return { sql: `flatten(${limited(site, gather(site, arg, true))})`, type: arg.type };
}

function stringAgg(site: AggregateSite): Typed {
  only(
    { ...site, call: { ...site.call, args: site.call.args.slice(0, 1) } },
    1,
    "distinct",
    "order",
  );
  const arg = coerce(site.arg(0), scalar("STRING"));
  if (!arg) {
    if (site.arg(0).type.kind === "BYTES") throw site.ctx.refuse("STRING_AGG over BYTES");
    throw noMatch(site);
  }
  const separator = site.call.args.length > 1 ? coerce(site.arg(1), scalar("STRING")) : null;
  if (site.call.args.length > 1 && !separator?.constant)
    throw site.ctx.fail(
      site.call.pos,
      "Argument 2 to STRING_AGG must be a literal or query parameter",
    );
  if (String(separator?.constant?.value).length > 1000)
    throw site.ctx.refuse("STRING_AGG with a separator above 1000 characters");
  const list = limited(site, gather(site, arg, true));
  return { sql: `array_to_string(${list}, ${separator?.sql ?? "','"})`, type: scalar("STRING") };
}

function approxCountDistinct(site: AggregateSite): Typed {
  only(site, 1);
  return { sql: `count(DISTINCT ${site.arg(0).sql})${site.over}`, type: INT64 };
}

export const aggregateTable: Record<string, AggregateRule> = {
  COUNT: count,
  COUNTIF: countIf,
  SUM: sum,
  AVG: avg,
  MIN: extreme("min"),
  MAX: extreme("max"),
  LOGICAL_AND: logical("bool_and"),
  LOGICAL_OR: logical("bool_or"),
  BIT_AND: bits("bit_and"),
  BIT_OR: bits("bit_or"),
  BIT_XOR: bits("bit_xor"),
  ANY_VALUE: anyValue,
  MAX_BY: extremeBy(true),
  MIN_BY: extremeBy(false),
  APPROX_QUANTILES: approxQuantiles,
  ARRAY_AGG: arrayAgg,
  ARRAY_CONCAT_AGG: arrayConcatAgg,
  STRING_AGG: stringAgg,
  APPROX_COUNT_DISTINCT: approxCountDistinct,
  STDDEV: floats("stddev_samp", 1),
  STDDEV_SAMP: floats("stddev_samp", 1),
  STDDEV_POP: floats("stddev_pop", 1),
  VARIANCE: floats("var_samp", 1),
  VAR_SAMP: floats("var_samp", 1),
  VAR_POP: floats("var_pop", 1),
  CORR: floats("corr", 2),
  COVAR_POP: floats("covar_pop", 2),
  COVAR_SAMP: floats("covar_samp", 2),
};
