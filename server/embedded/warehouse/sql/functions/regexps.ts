import { coerce } from "../types/coerce.ts";
import { fill, type Typed } from "../types/typed.ts";
import { arrayOf, scalar, typeName } from "../types/types.ts";
import type { CallSite } from "./call-site.ts";
import { signatureError } from "./supported-signatures.ts";
import { maxTextBytes, tooLong } from "./text-limits.ts";

const STRING = scalar("STRING");

function strings(site: CallSite, count: number): Typed[] {
  const args = site.call.args.map((_, i) => site.arg(i));
  if (args.length > count) throw site.ctx.refuse(`${site.call.name} with a position`);
  if (args.some((arg) => arg.type.kind === "BYTES"))
    throw site.ctx.refuse(`${site.call.name} over BYTES`);
  const texts = args.map((arg) => coerce(arg, STRING));
  if (args.length < count || texts.includes(null)) {
    const types = args.map((arg) => typeName(arg.type));
    throw site.ctx.fail(site.call.pos, signatureError(`function ${site.call.name}`, types));
  }
  return texts.filter((text) => text !== null);
}

/** A pattern's capturing groups decide what is extracted, so the pattern must be known. */
function pattern(site: CallSite): { text: Typed; regexp: Typed; source: string; group: number } {
  const [text, regexp] = strings(site, 2) as [Typed, Typed];
  const source = regexp.constant?.value;
  if (typeof source !== "string")
    throw site.ctx.refuse(`${site.call.name} with a pattern that is no constant`);
  const group = countGroups(source);
  if (group > 1)
    throw site.ctx.fail(
      site.call.pos,
      `Regular expression has more than 1 capturing group: ${source}`,
    );
  return { text, regexp, source, group };
}

/** Escapes and classes left out, what remains of the syntax. */
const bare = (source: string) => source.replace(/\\[\s\S]/g, "x").replace(/\[\^?\]?[^\]]*\]/g, "x");

/** Opening parentheses that capture: not `(?:` or `(?i)`. */
function countGroups(source: string): number {
  return (bare(source).match(/\((?!\?(?!P?<[A-Za-z]))/g) ?? []).length;
}

/** Could the text match while the group takes no part in it? DuckDB says '' then, BigQuery NULL. */
function groupIsOptional(source: string): boolean {
  const rest = bare(source);
  return /\)(?:[?*]|\{0)/.test(rest) || rest.includes("|");
}

/** Does the pattern match nothing at all? The engines disagree on the empty match after another. */
function matchesEmpty(source: string): boolean {
  const flags = /^\(\?([a-zA-Z]+)\)/.exec(source);
  try {
    return new RegExp(source.slice(flags?.[0].length ?? 0)).test("");
  } catch {
    return true;
  }
}

export function regexpExtract(site: CallSite): Typed {
  const { text, regexp, source, group } = pattern(site);
  const found = `regexp_extract($1, $2, ${group})`;
  const value =
    group === 1 && groupIsOptional(source)
      ? `CASE WHEN ${found} = '' THEN error('not supported by the local warehouse: REGEXP_EXTRACT of an empty optional group in ' || $2) ELSE ${found} END`
      : found;
  return {
    sql: fill(`CASE WHEN regexp_matches($1, $2) THEN ${value} END`, [text.sql, regexp.sql]),
    type: STRING,
  };
}

export function regexpExtractAll(site: CallSite): Typed {
  const { text, regexp, source, group } = pattern(site);
  if (matchesEmpty(source) || (group === 1 && groupIsOptional(source))) {
    throw site.ctx.refuse("REGEXP_EXTRACT_ALL with a pattern that matches the empty string");
  }
  return { sql: `regexp_extract_all(${text.sql}, ${regexp.sql}, ${group})`, type: arrayOf(STRING) };
}

export function regexpReplace(site: CallSite): Typed {
  const [text, regexp, rewrite] = strings(site, 3) as [Typed, Typed, Typed];
  const [source, by] = [regexp.constant?.value, rewrite.constant?.value];
  if (typeof source !== "string" || typeof by !== "string") {
    throw site.ctx.refuse("REGEXP_REPLACE with a pattern or replacement that is no constant");
  }
  const wanted = Math.max(0, ...[...by.matchAll(/\\(\d)/g)].map((found) => Number(found[1])));
  if (wanted > countGroups(source)) {
    throw site.ctx.fail(
      site.call.pos,
      `Invalid REGEXP_REPLACE pattern: Rewrite schema requests ${wanted} matches, but the regexp only has ${countGroups(source)} parenthesized subexpressions.`,
    );
  }
  if (/\\[^\d\\]|\\$/.test(by))
    throw site.ctx.fail(site.call.pos, "Invalid REGEXP_REPLACE pattern: invalid rewrite pattern");
  const replaced = "regexp_replace($1, $2, $3, 'g')";
  const template =
    by.length < 100
      ? replaced
      : `CASE WHEN strlen($1) * ${by.length} > ${10 * maxTextBytes} THEN ${tooLong("REGEXP_REPLACE")} ELSE ${replaced} END`;
  return { sql: fill(template, [text.sql, regexp.sql, rewrite.sql]), type: STRING };
}
