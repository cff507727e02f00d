import { hasInfinity, type JsonTree, readJson, writeJson } from "./json-tree.ts";

export type JsonStep = string | number;

const paths = new Map<string, JsonStep[]>();

function stepsOf(path: string): JsonStep[] {
  const known = paths.get(path);
  if (known) return known;
  const steps = JSON.parse(path) as JsonStep[];
  if (paths.size > 1000) paths.clear();
  paths.set(path, steps);
  return steps;
}

function follow(text: string, path: string): JsonTree | null {
  let tree = readJson(text, true);
  for (const step of stepsOf(path)) {
    if (tree?.k === "object")
      tree = tree.entries.find(([key]) => key === String(step))?.[1] ?? null;
    else if (tree?.k === "array" && /^\d+$/.test(String(step)))
      tree = tree.items[Number(step)] ?? null;
    else return null;
  }
  return tree;
}

function scalarText(tree: JsonTree): string | null {
  if (tree.k === "string") return tree.value;
  if (tree.k === "number") return tree.source;
  return tree.k === "bool" ? String(tree.value) : null;
}

/** JSON_VALUE: the text of a scalar. */
export function jsonValue(text: string, path: string): string | null {
  const tree = follow(text, path);
  return tree && scalarText(tree);
}

/** JSON_QUERY of a STRING: the JSON there, NULL for a null. */
export function jsonQuery(text: string, path: string): string | null {
  const tree = follow(text, path);
  return tree && tree.k !== "null" ? writeJson(tree, false) : null;
}

/** The same of a JSON, where a null is a value. */
export function jsonMember(text: string, path: string): string | null {
  const tree = follow(text, path);
  return tree && writeJson(tree, false);
}

/** JSON_QUERY_ARRAY: a JSON array of texts. */
export function jsonQueryArray(text: string, path: string): string | null {
  const tree = follow(text, path);
  if (tree?.k !== "array") return null;
  return JSON.stringify(tree.items.map((item) => writeJson(item, false)));
}

/** JSON_VALUE_ARRAY: a JSON array of the scalars' texts; NULL if there is anything else in it. */
export function jsonValueArray(text: string, path: string): string | null {
  const tree = follow(text, path);
  if (tree?.k !== "array") return null;
  if (tree.items.some((item) => item.k === "array" || item.k === "object")) return null;
  return JSON.stringify(tree.items.map(scalarText));
}

/** PARSE_JSON: keys in order, no space. Throws on what is no JSON. */
export function jsonCanonical(text: string): string {
  const tree = readJson(text);
  if (!tree)
    throw new Error(
      `Invalid input to PARSE_JSON: syntax error while parsing value: ${text.slice(0, 60)}`,
    );
  if (hasInfinity(tree)) throw new Error("Invalid input to PARSE_JSON: number overflow");
  const lossy = firstLossy(tree);
  if (lossy !== null)
    throw new Error(
      `Invalid input to PARSE_JSON: Input number: ${lossy} cannot round-trip through string representation`,
    );
  return writeJson(tree, true);
}

const significant = (digits: string) =>
  digits
    .replace(/e.*$/i, "")
    .replace(/[-.]/g, "")
    .replace(/^0+|0+$/g, "");

/** A number that is another one as a double. */
function firstLossy(tree: JsonTree): string | null {
  if (tree.k === "array") return tree.items.map(firstLossy).find((found) => found !== null) ?? null;
  if (tree.k === "object")
    return tree.entries.map(([, item]) => firstLossy(item)).find((found) => found !== null) ?? null;
  if (tree.k !== "number") return null;
  const same = significant(tree.source) === significant(Number(tree.source).toExponential());
  const whole =
    /^-?\d+$/.test(tree.source) &&
    BigInt(tree.source) >= -(2n ** 63n) &&
    BigInt(tree.source) < 2n ** 64n;
  return same || whole ? null : tree.source;
}

const kindNames = {
  null: "null",
  bool: "boolean",
  number: "number",
  string: "string",
  array: "array",
  object: "object",
};

export function jsonType(text: string): string {
  const tree = readJson(text);
  return tree ? kindNames[tree.k] : "null";
}

/** INT64(json) and its like: the value's text, if it is of that very kind. */
export function jsonScalar(kind: string, text: string): string {
  const tree = readJson(text);
  const fits =
    (kind === "STRING" && tree?.k === "string") ||
    (kind === "BOOL" && tree?.k === "bool") ||
    (kind === "FLOAT64" && tree?.k === "number") ||
    (kind === "INT64" && tree?.k === "number" && Number.isInteger(Number(tree.source)));
  const value = fits && tree ? scalarText(tree) : null;
  if (value === null)
    throw new Error(
      `The provided JSON input is not ${kind === "INT64" ? "an integer" : `a ${kind}`}`,
    );
  return kind === "INT64" && !/^-?\d+$/.test(value) ? String(BigInt(Number(value))) : value;
}
