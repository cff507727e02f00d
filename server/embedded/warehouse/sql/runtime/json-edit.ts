import { DOUBLE, VARCHAR } from "@duckdb/node-api";
import { define, type JsFunction } from "./js-function.ts";
import { doubleText, type JsonTree, readJson, writeJson } from "./json-tree.ts";
import { floatText } from "./numbers.ts";

type Step = string | number;
type Edit = (tree: JsonTree) => JsonTree;

const nothing: JsonTree = { k: "null" };
const read = (text: string): JsonTree => readJson(text) ?? nothing;

/** The tree with `change` at the end of the path; unchanged where the path leads nowhere. */
function at(
  tree: JsonTree,
  steps: Step[],
  change: (tree: JsonTree) => JsonTree | null,
): JsonTree | null {
  const [step, ...rest] = steps;
  if (step === undefined) return change(tree);
  if (tree.k === "object" && typeof step === "string") {
    const entries = tree.entries.flatMap(([key, value]): [string, JsonTree][] => {
      if (key !== step) return [[key, value]];
      const changed = at(value, rest, change);
      return changed === null ? [] : [[key, changed]];
    });
    return { k: "object", entries };
  }
  if (tree.k !== "array" || typeof step !== "number") return tree;
  const items = tree.items.flatMap((item, i) => {
    const changed = i === step ? at(item, rest, change) : item;
    return changed === null ? [] : [changed];
  });
  return { k: "array", items };
}

/** JSON_SET: what is missing on the way is made, in objects and behind an array's end; else nothing changes. */
function set(tree: JsonTree, steps: Step[], value: JsonTree, creates: boolean): JsonTree {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (tree.k === "null" && creates) return set(emptyFor(step), steps, value, creates);
  if (tree.k === "object" && typeof step === "string") {
    const has = tree.entries.some(([key]) => key === step);
    if (!has && !creates) return tree;
    const entries: [string, JsonTree][] = has ? tree.entries : [...tree.entries, [step, nothing]];
    return {
      k: "object",
      entries: entries.map(([key, old]) => [
        key,
        key === step ? set(old, rest, value, creates) : old,
      ]),
    };
  }
  if (tree.k !== "array" || typeof step !== "number") return tree;
  if (step >= tree.items.length && !creates) return tree;
  const items = [...tree.items];
  while (items.length <= step) items.push(nothing);
  return {
    k: "array",
    items: items.map((old, i) => (i === step ? set(old, rest, value, creates) : old)),
  };
}

function emptyFor(step: Step): JsonTree {
  return typeof step === "string" ? { k: "object", entries: [] } : { k: "array", items: [] };
}

const elementsOf = (value: JsonTree, each: boolean): JsonTree[] =>
  each && value.k === "array" ? value.items : [value];

function append(tree: JsonTree, steps: Step[], value: JsonTree, each: boolean): JsonTree {
  const edit: Edit = (found) => {
    if (found.k === "null") return { k: "array", items: elementsOf(value, each) };
    return found.k === "array"
      ? { k: "array", items: [...found.items, ...elementsOf(value, each)] }
      : found;
  };
  return at(tree, steps, edit) ?? nothing;
}

function insert(tree: JsonTree, steps: Step[], value: JsonTree, each: boolean): JsonTree {
  const index = steps.at(-1);
  if (typeof index !== "number") return tree;
  const edit: Edit = (found) => {
    if (found.k !== "array" && found.k !== "null") return found;
    const items = found.k === "array" ? [...found.items] : [];
    while (items.length < index) items.push(nothing);
    items.splice(index, 0, ...elementsOf(value, each));
    return { k: "array", items };
  };
  return at(tree, steps.slice(0, -1), edit) ?? nothing;
}

/** Without nulls: in objects, in arrays too, and (remove_empty) without what has become empty. */
function strip(tree: JsonTree, arrays: boolean, empty: boolean): JsonTree | null {
  if (tree.k === "object") {
    const entries = tree.entries.flatMap(([key, value]): [string, JsonTree][] => {
      const kept = strip(value, arrays, empty);
      return kept === null || kept.k === "null" ? [] : [[key, kept]];
    });
    return empty && entries.length === 0 ? null : { k: "object", entries };
  }
  if (tree.k !== "array") return tree;
  const items = tree.items.flatMap((item) => {
    const kept = strip(item, arrays, empty);
    if (arrays) return kept === null || kept.k === "null" ? [] : [kept];
    return [kept ?? nothing];
  });
  return empty && items.length === 0 ? null : { k: "array", items };
}

const edits: Record<
  string,
  (tree: JsonTree, steps: Step[], value: JsonTree, flag: boolean) => JsonTree
> = {
  JSON_SET: set,
  JSON_ARRAY_APPEND: append,
  JSON_ARRAY_INSERT: insert,
  JSON_REMOVE: (tree, steps) => at(tree, steps, () => null) ?? nothing,
};

/** `mode` is two letters: arrays, remove_empty. */
function stripNulls(text: string, steps: string, mode: string): string {
  const stripped = at(
    read(text),
    JSON.parse(steps) as Step[],
    (tree) => strip(tree, mode[0] === "t", mode[1] === "t") ?? nothing,
  );
  return writeJson(stripped ?? nothing, true);
}

const space = "  ";

/** As TO_JSON_STRING(value, TRUE) writes it. */
function pretty(tree: JsonTree, indent: string): string {
  const deeper = indent + space;
  const block = (open: string, parts: string[], close: string) =>
    parts.length === 0
      ? open + close
      : `${open}\n${deeper}${parts.join(`,\n${deeper}`)}\n${indent}${close}`;
  if (tree.k === "array")
    return block(
      "[",
      tree.items.map((item) => pretty(item, deeper)),
      "]",
    );
  if (tree.k !== "object") return writeJson(tree, false);
  const key = (name: string) => writeJson({ k: "string", value: name }, false);
  return block(
    "{",
    tree.entries.map(([name, value]) => `${key(name)}: ${pretty(value, deeper)}`),
    "}",
  );
}

const decimal = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** LAX_INT64 and its like: the scalar as the other type, NULL where it has no sense. */
function lax(kind: string, text: string): string | null {
  const tree = read(text);
  if (tree.k !== "bool" && tree.k !== "number" && tree.k !== "string") return null;
  const written = scalarText(tree);
  if (kind === "STRING") return written;
  if (kind === "BOOL" && tree.k === "number") return String(Number(tree.source) !== 0);
  if (kind === "BOOL") return /^(?:true|false)$/i.test(written) ? written.toLowerCase() : null;
  if (tree.k === "bool") return kind === "INT64" ? String(Number(tree.value)) : null;
  return laxNumber(kind, written);
}

function scalarText(tree: JsonTree & { k: "bool" | "number" | "string" }): string {
  if (tree.k === "string") return tree.value;
  if (tree.k === "bool") return String(tree.value);
  return /^-?\d+$/.test(tree.source) ? tree.source : floatText(Number(tree.source));
}

function laxNumber(kind: string, written: string): string | null {
  const special = /^\s*([+-]?)(nan|inf(?:inity)?)\s*$/i.exec(written);
  if (special) return kind === "INT64" ? null : `${special[1]}${special[2]}`;
  if (!decimal.test(written)) return null;
  return kind === "INT64" ? laxInteger(written) : written;
}

function laxInteger(written: string): string | null {
  if (/^\s*[+-]?\d+\s*$/.test(written)) return inRange(BigInt(written.trim().replace("+", "")));
  const value = Number(written);
  if (!Number.isFinite(value)) return null;
  return inRange(BigInt(Math.sign(value) * Math.round(Math.abs(value))));
}

function inRange(value: bigint): string | null {
  return BigInt.asIntN(64, value) === value ? String(value) : null;
}

export const jsonEdits: Record<string, JsFunction> = {
  maestro_json_edit: define(
    [VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR],
    VARCHAR,
    (name: string, text: string, steps: string, value: string, flag: string) =>
      writeJson(
        edits[name]?.(read(text), JSON.parse(steps) as Step[], read(value), flag === "true") ??
          nothing,
        true,
      ),
  ),
  maestro_json_strip: define([VARCHAR, VARCHAR, VARCHAR], VARCHAR, stripNulls),
  maestro_json_pretty: define([VARCHAR], VARCHAR, (text: string) => pretty(read(text), "")),
  maestro_json_sorted: define([VARCHAR], VARCHAR, (text: string) => writeJson(read(text), true)),
  maestro_json_double: define([DOUBLE], VARCHAR, (value: number) => doubleText(value || 0)),
  maestro_json_lax: define([VARCHAR, VARCHAR], VARCHAR, lax),
};
