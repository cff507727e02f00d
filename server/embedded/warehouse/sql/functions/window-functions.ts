import { exceedsItsDecimal } from "../runtime/numbers.ts";
import { coerce } from "../types/coerce.ts";
import { float64, type Typed } from "../types/typed.ts";
import { scalar, typeName } from "../types/types.ts";
import type { AggregateSite } from "./aggregates.ts";
import { signatureError } from "./supported-signatures.ts";
import { withoutNaN } from "./without-nan.ts";

interface WindowRule {
  /** Needs ORDER BY in its window. */
  ordered: boolean;
  /** May have a frame. */
  framed: boolean;
  compile: (site: AggregateSite) => Typed;
}

const INT64 = scalar("INT64");
const FLOAT64 = scalar("FLOAT64");

function numbering(fn: string, type: "INT64" | "FLOAT64", ordered: boolean): WindowRule {
  return {
    ordered,
    framed: false,
    compile: (site) => {
      if (site.call.args.length > 0)
        throw site.ctx.fail(
          site.call.pos,
          signatureError(
            `analytic function ${site.call.name}`,
            site.call.args.map((_, i) => typeName(site.arg(i).type)),
          ),
        );
      return { sql: `${fn}()${site.over}`, type: scalar(type) };
    },
  };
}

/** LEAD and LAG: value, offset, default. */
function offset(fn: "lead" | "lag"): WindowRule {
  return { ordered: true, framed: false, compile: (site) => compileOffset(site, fn) };
}

function compileOffset(site: AggregateSite, fn: string): Typed {
  const { call, ctx } = site;
  if (call.nulls) throw ctx.refuse(`${call.name} with ${call.nulls.toUpperCase()} NULLS`);
  const value = site.arg(0);
  const args = [value.sql, call.args.length > 1 ? stepSql(site) : "1"];
  if (call.args.length > 2) {
    const fallback = coerce(site.arg(2), value.type);
    if (!fallback)
      throw ctx.fail(
        call.pos,
        signatureError(
          `analytic function ${call.name}`,
          call.args.map((_, i) => typeName(site.arg(i).type)),
        ),
      );
    args.push(fallback.sql);
  }
  return { sql: `${fn}(${args.join(", ")})${site.over}`, type: value.type };
}

function stepSql(site: AggregateSite): string {
  const { call, ctx } = site;
  const steps = coerce(site.arg(1), INT64)?.constant?.value;
  if (typeof steps !== "bigint") {
    throw ctx.fail(call.pos, `Argument 2 to ${call.name} must be a literal or query parameter`);
  }
  if (steps < 0n) throw ctx.fail(call.pos, `Argument 2 to ${call.name} must not be negative`);
  return String(steps);
}

function valueAt(fn: "first_value" | "last_value" | "nth_value"): WindowRule {
  return {
    ordered: fn === "nth_value",
    framed: true,
    compile: (site) => {
      const value = site.arg(0);
      const nulls = site.call.nulls === "ignore" ? " IGNORE NULLS" : "";
      const nth = fn === "nth_value" ? coerce(site.arg(1), INT64) : null;
      if (fn === "nth_value" && typeof nth?.constant?.value !== "bigint") {
        throw site.ctx.fail(
          site.call.pos,
          "Argument 2 to NTH_VALUE must be a literal or query parameter",
        );
      }
      return {
        sql: `${fn}(${value.sql}${nth ? `, ${nth.sql}` : ""}${nulls})${site.over}`,
        type: value.type,
      };
    },
  };
}

/**
 * BigQuery ranks by the exact binary value of 0.1, which is more than a tenth; DuckDB multiplies and
 * rounds to the tenth. A little more makes it the same, up to ten million rows and for levels of at
 * most four decimals.
 */
function at(fn: string, level: number): Typed {
  const nudged = fn === "quantile_disc" && String(level).length <= 6 && exceedsItsDecimal(level);
  return float64(nudged ? level * (1 + 1e-12) : level);
}

/** PERCENTILE_CONT and PERCENTILE_DISC: over the partition, NULLs left out unless respected. */
function percentile(fn: "quantile_cont" | "quantile_disc"): WindowRule {
  return {
    ordered: false,
    framed: false,
    compile: (site) => {
      const value = site.arg(0);
      const level = coerce(site.arg(1), FLOAT64)?.constant?.value;
      if (site.call.nulls === "respect")
        throw site.ctx.refuse(`${site.call.name} with RESPECT NULLS`);
      if (level === undefined || level === null)
        throw site.ctx.fail(
          site.call.pos,
          `Argument 2 to ${site.call.name} must be a literal or query parameter`,
        );
      if (Number(level) < 0 || Number(level) > 1)
        throw site.ctx.fail(
          site.node(1)?.pos ?? site.call.pos,
          `Argument 2 to ${site.call.name} must be between 0 and 1`,
        );
      if (/NUMERIC/.test(value.type.kind))
        throw site.ctx.refuse(`${site.call.name} over ${value.type.kind}`);
      const number = fn === "quantile_cont" ? coerce(value, FLOAT64) : value;
      if (!number)
        throw site.ctx.fail(
          site.call.pos,
          signatureError(
            `analytic function ${site.call.name}`,
            site.call.args.map((_, i) => typeName(site.arg(i).type)),
          ),
        );
      const plain = `${fn}(${number.sql}, ${at(fn, Number(level)).sql})${site.over}`;
      return { sql: withoutNaN(site, value, plain), type: number.type };
    },
  };
}

function ntile(site: AggregateSite): Typed {
  const buckets = coerce(site.arg(0), INT64);
  const count = buckets?.constant?.value;
  if (typeof count !== "bigint" || count <= 0n)
    throw site.ctx.fail(
      site.call.pos,
      "The N value (number of buckets) for the NTILE function must be positive",
    );
  return { sql: `ntile(${count})${site.over}`, type: INT64 };
}

export const windowTable: Record<string, WindowRule> = {
  ROW_NUMBER: numbering("row_number", "INT64", false),
  RANK: numbering("rank", "INT64", true),
  DENSE_RANK: numbering("dense_rank", "INT64", true),
  PERCENT_RANK: numbering("percent_rank", "FLOAT64", true),
  CUME_DIST: numbering("cume_dist", "FLOAT64", true),
  NTILE: { ordered: true, framed: false, compile: ntile },
  LEAD: offset("lead"),
  LAG: offset("lag"),
  FIRST_VALUE: valueAt("first_value"),
  LAST_VALUE: valueAt("last_value"),
  NTH_VALUE: valueAt("nth_value"),
  PERCENTILE_CONT: percentile("quantile_cont"),
  PERCENTILE_DISC: percentile("quantile_disc"),
};
