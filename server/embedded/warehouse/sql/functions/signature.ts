import { coerce, coercionCost, supertype } from "../types/coerce.ts";
import { isNullLiteral, type Typed } from "../types/typed.ts";
import {
  arrayOf,
  type GType,
  type ScalarKind,
  scalar,
  scalarKind,
  typeName,
} from "../types/types.ts";
import { signatureError } from "./supported-signatures.ts";

/** `T` and `U` stand for any type, the same wherever they stand; `any` for one of its own. */
type Pattern =
  | { k: "type"; kind: ScalarKind }
  | { k: "variable"; name: string }
  | { k: "array"; of: Pattern }
  | { k: "any" };

export interface Signature {
  text: string;
  args: Pattern[];
  /** The last argument may be repeated. */
  variadic: boolean;
  returns: Pattern;
}

const parsed = new Map<string, Signature>();

/** Reads `STRING, INT64 -> STRING`, `T, T... -> T`, `ARRAY<T> -> INT64`, `-> FLOAT64`. */
export function parseSignature(text: string): Signature {
  const known = parsed.get(text);
  if (known) return known;
  const [left = "", right = ""] = text.split("->").map((part) => part.trim());
  const names = left === "" ? [] : left.split(",").map((part) => part.trim());
  const variadic = names.at(-1)?.endsWith("...") ?? false;
  const signature: Signature = {
    text: left,
    args: names.map((name) => parsePattern(name.replace("...", ""))),
    variadic,
    returns: parsePattern(right),
  };
  parsed.set(text, signature);
  return signature;
}

function parsePattern(text: string): Pattern {
  if (text === "any") return { k: "any" };
  if (/^[A-Z]$/.test(text)) return { k: "variable", name: text };
  const array = /^ARRAY<(.+)>$/.exec(text)?.[1];
  if (array !== undefined) return { k: "array", of: parsePattern(array) };
  const kind = scalarKind(text);
  if (!kind) throw new Error(`bad type in a signature: ${text}`);
  return { k: "type", kind };
}

export interface Match {
  args: Typed[];
  returns: GType;
  cost: number;
}

/** The arguments coerced to the signature, or null where they do not fit. */
export function matchSignature(signature: Signature, args: Typed[]): Match | null {
  const patterns = expand(signature, args.length);
  if (!patterns) return null;
  const variables = bindVariables(patterns, args);
  if (!variables) return null;
  let cost = 0;
  const coerced: Typed[] = [];
  for (const [i, pattern] of patterns.entries()) {
    const arg = args[i] as Typed;
    const target = pattern.k === "any" ? arg.type : concrete(pattern, variables);
    const step = target && coercionCost(arg, target);
    if (target && decimalAlone(arg, target, args)) return null;
    const result = target && coerce(arg, target);
    if (step === null || !result) return null;
    cost += step;
    coerced.push(result);
  }
  const returns = concrete(signature.returns, variables);
  return returns && { args: coerced, returns, cost };
}

/** A FLOAT64 literal becomes NUMERIC only beside a NUMERIC, BIGNUMERIC beside a BIGNUMERIC. */
function decimalAlone(arg: Typed, target: GType, args: Typed[]): boolean {
  if (arg.type.kind !== "FLOAT64") return false;
  const company =
    target.kind === "NUMERIC"
      ? ["NUMERIC", "BIGNUMERIC"]
      : target.kind === "BIGNUMERIC"
        ? ["BIGNUMERIC"]
        : null;
  return company !== null && !args.some(({ type }) => company.includes(type.kind));
}

function expand(signature: Signature, count: number): Pattern[] | null {
  const { args, variadic } = signature;
  if (!variadic) return count === args.length ? args : null;
  if (count < args.length) return null;
  const last = args.at(-1) as Pattern;
  return [...args, ...Array.from({ length: count - args.length }, () => last)];
}

function bindVariables(patterns: Pattern[], args: Typed[]): Map<string, GType> | null {
  const bound = new Map<string, Typed[]>();
  for (const [i, pattern] of patterns.entries()) {
    if (!bindOne(bound, pattern, args[i] as Typed)) return null;
  }
  const types = new Map<string, GType>();
  for (const [name, items] of bound) {
    const type = supertype(items);
    if (!type) return null;
    types.set(name, type);
  }
  return types;
}

function bindOne(bound: Map<string, Typed[]>, pattern: Pattern, arg: Typed): boolean {
  if (pattern.k === "variable") push(bound, pattern.name, arg);
  if (pattern.k !== "array" || pattern.of.k !== "variable") return true;
  if (arg.type.kind !== "ARRAY") return isNullLiteral(arg);
  const elements = arg.parts ?? [{ sql: "", type: arg.type.element }];
  for (const element of elements) push(bound, pattern.of.name, element);
  return true;
}

function push(map: Map<string, Typed[]>, key: string, value: Typed): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function concrete(pattern: Pattern, variables: Map<string, GType>): GType | null {
  if (pattern.k === "type") return scalar(pattern.kind);
  if (pattern.k === "variable") return variables.get(pattern.name) ?? scalar("INT64");
  if (pattern.k === "any") return null;
  const element = concrete(pattern.of, variables);
  return element && arrayOf(element);
}

/** BigQuery's sentence for arguments that fit no signature. */
export function noMatch(what: string, args: Typed[], signatures: Signature[]): string {
  const types = args.map((arg) => typeName(arg.type));
  const name = what.replace(/^(function|operator|aggregate function|analytic function) /, "");
  return signatureError(
    what,
    types,
    signatures.map((each) => `${name}(${each.text})`),
  );
}
