import { coerceBig } from "./big-numeric-casts.ts";
import { asExact, floatOfNumeric } from "./exact-decimals.ts";
import { parseTemporal } from "./temporal-literals.ts";
import { fill, float64, isNullLiteral, letIn, nullOf, type Typed } from "./typed.ts";
import {
  duckType,
  fieldName,
  type GType,
  quoteName,
  type ScalarKind,
  sameType,
  scalar,
} from "./types.ts";

/** What GoogleSQL converts by itself, whatever the expression. */
const widening: Partial<Record<ScalarKind, ScalarKind[]>> = {
  INT64: ["NUMERIC", "BIGNUMERIC", "FLOAT64"],
  NUMERIC: ["BIGNUMERIC", "FLOAT64"],
  BIGNUMERIC: ["FLOAT64"],
  DATE: ["DATETIME"],
};

const temporal: ReadonlySet<string> = new Set(["DATE", "DATETIME", "TIMESTAMP", "TIME"]);

/** How far a coercion goes: 0 none, higher worse, null impossible. Picks among overloads. */
export function coercionCost(from: Typed, to: GType): number | null {
  if (sameType(from.type, to)) return 0;
  if (isNullLiteral(from)) return 1;
  const literal = literalCost(from, to);
  if (literal !== null) return literal;
  if (from.type.kind === "STRUCT" || from.type.kind === "ARRAY") return compositeCost(from, to);
  const steps = widening[from.type.kind] ?? [];
  const at = steps.indexOf(to.kind as ScalarKind);
  return at < 0 ? null : 10 + at;
}

function literalCost(from: Typed, to: GType): number | null {
  if (!from.constant) return null;
  if (from.type.kind === "STRING" && temporal.has(to.kind)) return 2;
  if (from.type.kind === "FLOAT64" && !from.constant.parameter) {
    if (to.kind === "NUMERIC") return 5;
    if (to.kind === "BIGNUMERIC") return 6;
  }
  return null;
}

function compositeCost(from: Typed, to: GType): number | null {
  if (from.type.kind === "ARRAY") {
    if (to.kind !== "ARRAY" || !from.parts) return null;
    return worst(from.parts.map((part) => coercionCost(part, to.element)));
  }
  if (from.type.kind !== "STRUCT" || to.kind !== "STRUCT") return null;
  const { fields } = from.type;
  if (fields.length !== to.fields.length) return null;
  return worst(
    to.fields.map((field, i) => {
      const part = from.parts?.[i] ?? { sql: "", type: fields[i]?.type ?? field.type };
      return coercionCost(part, field.type);
    }),
  );
}

function worst(costs: (number | null)[]): number | null {
  return costs.includes(null) ? null : Math.max(1, ...costs.map((cost) => cost ?? 0));
}

/** The expression as `to`, by implicit coercion; null where GoogleSQL has none. */
export function coerce(from: Typed, to: GType): Typed | null {
  if (sameType(from.type, to)) return from;
  if (coercionCost(from, to) === null) return null;
  if (isNullLiteral(from)) return withExact(from, nullOf(to));
  if (from.type.kind === "STRUCT" && to.kind === "STRUCT") return coerceStruct(from, to);
  if (from.parts && to.kind === "ARRAY") return coerceArrayLiteral(from.parts, to);
  const { constant } = from;
  if (constant && from.type.kind === "STRING") return parseTemporal(String(constant.value), to);
  if (constant && to.kind === "FLOAT64" && typeof constant.value === "bigint") {
    return float64(Number(constant.value));
  }
  const written = coerceWritten(from, to);
  if (written) return written;
  const big =
    from.type.kind === "NUMERIC" && to.kind === "FLOAT64"
      ? numericFloat(from)
      : coerceBig(from, to);
  return withExact(from, { sql: big ?? `CAST(${from.sql} AS ${duckType(to)})`, type: to });
}

/** The nearest FLOAT64. */
export function numericFloat({ sql, exact }: Typed): string {
  const isDirect = exact && exact.most < 2n ** 53n;
  return isDirect ? `CAST(${exact.sql} AS DOUBLE)` : fill(floatOfNumeric, [sql]);
}

/** A number with a point or an exponent as the NUMERIC of its digits; null for anything else. */
export function coerceWritten(from: Typed, to: GType): Typed | null {
  if (to.kind !== "NUMERIC" || from.type.kind !== "FLOAT64" || !from.constant?.text) return null;
  const exact = asExact(from);
  return exact && { sql: `CAST(${exact.sql} AS ${duckType(to)})`, type: to, exact };
}

function withExact(from: Typed, value: Typed): Typed {
  const exact = value.type.kind === "NUMERIC" ? asExact(from) : null;
  return exact ? { ...value, exact } : value;
}

export function coerceArrayLiteral(parts: Typed[], to: GType & { kind: "ARRAY" }): Typed | null {
  const coerced = parts.map((part) => coerce(part, to.element));
  if (coerced.some((part) => part === null)) return null;
  const kept = coerced.filter((part) => part !== null);
  const items = kept.map((part) => part.sql).join(", ");
  const list = `[${items}]`;
  return { sql: parts.length === 0 ? `CAST([] AS ${duckType(to)})` : list, type: to, parts: kept };
}

/** Rebuilt field by field: DuckDB's cast goes by the names. */
function coerceStruct(from: Typed, to: GType & { kind: "STRUCT" }): Typed | null {
  if (from.type.kind !== "STRUCT") return null;
  const { fields } = from.type;
  const parts: Typed[] = [];
  for (const [i, field] of to.fields.entries()) {
    const own = fields[i];
    if (!own) return null;
    const access = `struct_extract($1, '${fieldName(own, i).replaceAll("'", "''")}')`;
    const written = from.parts?.[i];
    const part = coerce(written ? binary(written) : { sql: access, type: own.type }, field.type);
    if (!part) return null;
    parts.push(part);
  }
  const packed = packStruct(parts, to);
  if (from.parts) return { sql: packed, type: to, parts };
  return { sql: letIn(`CASE WHEN $1 IS NULL THEN NULL ELSE ${packed} END`, [from.sql]), type: to };
}

/** Within a STRUCT a FLOAT64 literal is the binary number that it stands for. */
function binary(part: Typed): Typed {
  return part.constant?.text === undefined
    ? part
    : { ...part, constant: { value: part.constant.value } };
}

export function packStruct(parts: Typed[], type: GType & { kind: "STRUCT" }): string {
  const fields = parts.map((part, i) => {
    const field = type.fields[i] ?? { name: null, type: part.type };
    return `${quoteName(fieldName(field, i))} := ${part.sql}`;
  });
  return `struct_pack(${fields.join(", ")})`;
}

const numericOrder: ScalarKind[] = ["INT64", "NUMERIC", "BIGNUMERIC", "FLOAT64"];

/**
 * The type that all of them coerce to, or null: the non-constant ones decide, constants follow
 * where they can.
 */
export function supertype(items: Typed[]): GType | null {
  const known = items.filter((item) => !isNullLiteral(item));
  if (known.length === 0) return items[0]?.type ?? scalar("INT64");
  const firm = known.filter((item) => !item.constant && !item.parts);
  for (const group of firm.length > 0 ? [firm, known] : [known]) {
    const type = widest(group);
    if (type && known.every((item) => coercionCost(item, type) !== null)) return type;
  }
  return null;
}

function widest(items: Typed[]): GType | null {
  const candidates: GType[] = items.map((item) => item.type);
  if (candidates.every((type) => numericOrder.includes(type.kind as ScalarKind))) {
    const ranks = candidates.map((type) => numericOrder.indexOf(type.kind as ScalarKind));
    return scalar(numericOrder[Math.max(...ranks)] as ScalarKind);
  }
  const merged = mergeStructs(items);
  if (merged) return merged;
  return (
    candidates.find((type) => items.every((item) => coercionCost(item, type) !== null)) ?? null
  );
}

function mergeStructs(items: Typed[]): GType | null {
  const first = items[0]?.type;
  if (first?.kind !== "STRUCT") return null;
  const fields = first.fields.map((field, i) => {
    const column = items.map((item): Typed | null => {
      if (item.type.kind !== "STRUCT" || item.type.fields.length !== first.fields.length)
        return null;
      const own = item.type.fields[i];
      return item.parts?.[i] ?? (own ? { sql: "", type: own.type } : null);
    });
    if (column.includes(null)) return null;
    const type = supertype(column.filter((c) => c !== null));
    return type ? { name: field.name, type } : null;
  });
  return fields.includes(null)
    ? null
    : { kind: "STRUCT", fields: fields.filter((f) => f !== null) };
}
