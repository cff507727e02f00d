import { castTo } from "../types/casts.ts";
import { coerce } from "../types/coerce.ts";
import { fill, quoteString, type Typed } from "../types/typed.ts";
import { isRange, scalar, typeName } from "../types/types.ts";
import type { CallSite } from "./call-site.ts";

const STRING = scalar("STRING");
const specifier = /%([-+ #0']*)(\d*|\*)(?:\.(\d*|\*))?([a-zA-Z%])/g;

/** FORMAT with a constant format: one piece of text after another. */
export function formatFunction(site: CallSite): Typed {
  const { call, ctx } = site;
  const format = coerce(site.arg(0), STRING)?.constant?.value;
  if (typeof format !== "string") throw ctx.refuse("FORMAT with a format that is no constant");
  const pieces: string[] = [];
  let at = 0;
  let next = 1;
  for (const found of format.matchAll(specifier)) {
    checkText(site, format.slice(at, found.index));
    if (found.index > at) pieces.push(quoteString(format.slice(at, found.index)));
    at = found.index + found[0].length;
    if (found[4] === "%") pieces.push("'%'");
    else pieces.push(piece(site, found[0], found[4] ?? "", next++));
  }
  checkText(site, format.slice(at));
  if (at < format.length) pieces.push(quoteString(format.slice(at)));
  if (next < call.args.length) {
    throw ctx.fail(
      call.pos,
      `Too many arguments to FORMAT for pattern "${format}"; Expected ${next}; Got ${call.args.length}`,
    );
  }
  return { sql: pieces.length === 0 ? "''" : `(${pieces.join(" || ")})`, type: STRING };
}

function checkText(site: CallSite, text: string): void {
  if (text.includes("%"))
    throw site.ctx.fail(site.call.pos, `Invalid format specifier in FORMAT: ${text}`);
}

function piece(site: CallSite, spec: string, letter: string, index: number): string {
  const { call, ctx } = site;
  if (spec.includes("*")) throw ctx.refuse("FORMAT with * as width or precision");
  if (/\d{5}/.test(spec)) throw ctx.refuse("FORMAT with a width or precision above 9999");
  if (index >= call.args.length) {
    throw ctx.fail(
      call.pos,
      `Too few arguments to FORMAT for pattern; Expected at least ${index + 1}; Got ${call.args.length}`,
    );
  }
  const family = families.find(({ letters }) => letters.includes(letter));
  if (!family) {
    throw ctx.fail(call.pos, `Invalid format specifier character "${letter}" in FORMAT`);
  }
  const arg = site.arg(index);
  const decimal = decimalPiece(site, spec, letter, arg);
  if (decimal) return decimal;
  if (family.kinds && !family.kinds.includes(arg.type.kind)) {
    throw ctx.fail(
      call.pos,
      `Invalid type for argument ${index + 1} to FORMAT; Expected ${family.kinds[0]}; Got ${typeName(arg.type)}`,
    );
  }
  const value = family.kinds ? arg.sql : printable(site, arg, letter === "t" ? "t" : "T");
  return `${family.fn}(${quoteString(spec)}, ${value})`;
}

/** %f of what has decimal places; its other forms are refused. */
function decimalPiece(site: CallSite, spec: string, letter: string, arg: Typed): string | null {
  const { kind } = arg.type;
  if (!["NUMERIC", "BIGNUMERIC"].includes(kind) || !"fFeEgG".includes(letter)) return null;
  const text = castTo(arg, STRING, false);
  if (!text || !"fF".includes(letter)) throw site.ctx.refuse(`FORMAT %${letter} of ${kind}`);
  return `maestro_format_decimal(${quoteString(spec)}, ${text.sql})`;
}

/** Specifiers by what prints them; `kinds` null: of any type. */
const families: { letters: string; kinds: string[] | null; fn: string }[] = [
  { letters: "dixXo", kinds: ["INT64"], fn: "maestro_format_integer" },
  { letters: "fFeEgG", kinds: ["FLOAT64"], fn: "maestro_format_float" },
  { letters: "s", kinds: ["STRING"], fn: "maestro_format_text" },
  { letters: "tT", kinds: null, fn: "maestro_format_text" },
];

/** %t prints as CAST AS STRING does, %T as a literal. */
function printable(site: CallSite, arg: Typed, letter: "t" | "T"): string {
  const { kind } = arg.type;
  const text =
    ["ARRAY", "STRUCT", "BYTES", "JSON"].includes(kind) || isRange(kind)
      ? null
      : castTo(arg, STRING, false);
  if (!text) throw site.ctx.refuse(`FORMAT %${letter} of ${typeName(arg.type)}`);
  const literal: Record<string, string> = {
    INT64: "$1",
    BOOL: "$1",
    DATE: "('DATE \"' || $1 || '\"')",
    DATETIME: "('DATETIME \"' || $1 || '\"')",
    TIME: "('TIME \"' || $1 || '\"')",
    TIMESTAMP: "('TIMESTAMP \"' || $1 || '\"')",
    INTERVAL: "('INTERVAL \"' || $1 || '\" YEAR TO SECOND')",
    NUMERIC: "('NUMERIC \"' || $1 || '\"')",
    BIGNUMERIC: "('BIGNUMERIC \"' || $1 || '\"')",
    STRING:
      "CASE WHEN regexp_full_match($1, '[^\\x00-\\x1f\\x22\\x27\\x5c\\x7f]*') THEN '\"' || $1 || '\"' ELSE error('not supported by the local warehouse: FORMAT %T of ' || $1) END",
  };
  if (letter === "t" && kind !== "FLOAT64") return fill("coalesce($1, 'NULL')", [text.sql]);
  if (kind === "FLOAT64")
    return fill(
      "coalesce(CASE WHEN regexp_full_match($1, '-?\\d+') THEN CASE WHEN $1 = '0' AND signbit($2) THEN '-' ELSE '' END || $1 || '.0' ELSE $1 END, 'NULL')",
      [text.sql, arg.sql],
    );
  return fill(`coalesce(${literal[kind] ?? "$1"}, 'NULL')`, [text.sql]);
}
