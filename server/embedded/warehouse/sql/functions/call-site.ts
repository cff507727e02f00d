import type { Context, Env } from "../analyze/context.ts";
import type { Call, Expr } from "../parse/ast.ts";
import { notSupported } from "../parse/positions.ts";
import { disputedUntil } from "../runtime/disputed-zones.ts";
import { knowsFormat } from "../runtime/parse-time.ts";
import { exactChoice, exactNumeric } from "../types/exact-decimals.ts";
import { fill, letIn, type Typed } from "../types/typed.ts";
import { type Match, matchSignature, parseSignature } from "./signature.ts";

/**
 * `[signature, template]`: the template's `$n` are the arguments, coerced to the signature. Without a
 * template the signature is BigQuery's, and refused.
 */
export type FunctionRows = [signature: string, template: string | null][];

export interface CallSite {
  ctx: Context;
  env: Env;
  call: Call;
  /** The n-th argument, analyzed. */
  arg(index: number): Typed;
  node(index: number): Expr | undefined;
}

/** A function is rows of signatures, or code where its arguments are no mere expressions. */
export type FunctionRule = FunctionRows | ((site: CallSite) => Typed);
export type FunctionTable = Record<string, FunctionRule>;

function best(
  rows: FunctionRows,
  args: Typed[],
): { match: Match; template: string | null; text: string } | null {
  let chosen: { match: Match; template: string | null; text: string } | null = null;
  for (const [text, template] of rows) {
    const match = matchSignature(parseSignature(text), args);
    if (match && (!chosen || match.cost < chosen.match.cost)) chosen = { match, template, text };
  }
  return chosen;
}

/** They answer one of their last arguments. */
const choices = new Set(["IF", "IFNULL", "COALESCE"]);

export function matchBest(
  name: string,
  rows: FunctionRows,
  args: Typed[],
  safe = false,
): Typed | null {
  const chosen = best(rows, args);
  if (!chosen) return null;
  const { match, template, text } = chosen;
  if (template === null) throw notSupported(`${name}: (${text})`);
  if (safe) refuseUnsafe(name, template, match.args);
  const sql = match.args.map((arg) => arg.sql);
  if (choices.has(name) && match.returns.kind === "NUMERIC" && !safe) {
    const values = match.args.filter((arg) => arg.type.kind === "NUMERIC");
    const tests = sql.slice(0, sql.length - values.length);
    const exact = exactChoice(values, (items) => fill(template, [...tests, ...items]));
    if (exact) return exactNumeric(exact);
  }
  return { sql: safe ? fillSafely(template, sql) : fill(template, sql), type: match.returns };
}

/** TRY would make NULL of a refusal as well: what may refuse while it runs has to be known before. */
function refuseUnsafe(name: string, template: string, args: Typed[]): void {
  if (template.includes("maestro_parse_time")) {
    const format = args[0]?.constant?.value;
    const kind = name.replace("PARSE_", "");
    if (typeof format === "string" && knowsFormat(kind, format)) return;
    throw notSupported(`SAFE.${name} with this format`);
  }
  if (
    /maestro_(format|zoned_text|json_canonical|translate|big_power)|make_time|not supported by the local warehouse: (?!so early)/.test(
      template,
    ) ||
    (template.includes("so early") && args.some(isDisputedZone))
  )
    throw notSupported(`SAFE.${name}`);
}

/** A STRING beside a time is its zone. */
function isDisputedZone({ type, constant }: Typed): boolean {
  if (type.kind !== "STRING" || constant?.value === null) return false;
  return typeof constant?.value !== "string" || disputedUntil(constant.value) !== null;
}

/**
 * SAFE.f(…): NULL where the function itself fails. The arguments stay outside, where their own errors
 * still are errors; `error(…)` is volatile to DuckDB, which TRY does not take, and becomes NULL.
 */
function fillSafely(template: string, args: string[]): string {
  return letIn(`TRY(${withoutErrors(template)})`, args);
}

export function withoutErrors(template: string): string {
  const at = template.indexOf("error(");
  if (at < 0) return template;
  let depth = 0;
  let quoted = false;
  for (let i = at + 5; i < template.length; i++) {
    const c = template[i];
    if (c === "'") quoted = !quoted;
    else if (!quoted && c === "(") depth++;
    else if (!quoted && c === ")" && --depth === 0) {
      return `${template.slice(0, at)}NULL${withoutErrors(template.slice(i + 1))}`;
    }
  }
  return template;
}
