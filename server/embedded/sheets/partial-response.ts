import { refusal } from "./spreadsheet-document.ts";

/*
 * The parameter `fields` of Google's APIs (developers.google.com/drive/api/guides/fields-parameter):
 * `a,b(c,d/e)`; `*` is all.
 */

type Mask = Map<string, Mask | null>;

/** The parts of an answer that were asked for; all of it without a mask. */
export function partOf(answer: unknown, fields: string | undefined): unknown {
  if (fields === undefined) return answer;
  const tokens = fields.match(/[A-Za-z*]+|[(),/]/g) ?? [];
  if (tokens.join("") !== fields.replaceAll(" ", ""))
    throw refusal(`Invalid field mask: ${fields}`);
  return pick(answer, parseList(tokens));
}

function parseList(tokens: string[]): Mask {
  const mask: Mask = new Map();
  while (tokens.length > 0 && tokens[0] !== ")") {
    const name = tokens.shift() ?? "";
    mask.set(name, parseBelow(tokens));
    if (tokens[0] === ",") tokens.shift();
  }
  return mask;
}

function parseBelow(tokens: string[]): Mask | null {
  if (tokens[0] === "/") {
    tokens.shift();
    const name = tokens.shift() ?? "";
    return new Map([[name, parseBelow(tokens)]]);
  }
  if (tokens[0] !== "(") return null;
  tokens.shift();
  const below = parseList(tokens);
  tokens.shift();
  return below;
}

function pick(value: unknown, mask: Mask | null): unknown {
  if (mask === null || mask.has("*")) return value;
  if (Array.isArray(value)) return value.map((each) => pick(each, mask));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => mask.has(key));
  return Object.fromEntries(kept.map(([key, each]) => [key, pick(each, mask.get(key) ?? null)]));
}
