import { MaestroError } from "../../shared/errors.ts";
import type { ImportExpression, SqlPosition } from "../../shared/import-select.ts";

/** How one kind of database is spoken to. */
export interface Dialect {
  quoteName(name: string): string;
  isSystemSchema(schema: string): boolean;
  /** Throws `invalidSql` for what is in none of its lists. */
  print(node: Printed, print: Print): string;
}

export type Print = (node: ImportExpression) => string;
export type Node<K extends ImportExpression["kind"]> = Extract<ImportExpression, { kind: K }>;
/** Columns are printed from the scope. */
export type Printed = Exclude<ImportExpression, { kind: "column" | "star" }>;

export function refuse(what: string, at: SqlPosition): MaestroError {
  return new MaestroError("invalidSql", `${what} is not allowed in an import`, { position: at });
}

export function checkText(node: Node<"string">): string {
  if (node.value.includes("\0")) throw refuse("a NUL character", node.at);
  return node.value;
}

export function printNumber(node: Node<"number">): string {
  return node.text.startsWith("-") ? `(${node.text})` : node.text;
}

export function printBetween(node: Node<"between">, print: Print): string {
  const operator = node.negated ? "NOT BETWEEN" : "BETWEEN";
  return `(${print(node.value)} ${operator} ${print(node.low)} AND ${print(node.high)})`;
}

export function printList(node: Node<"list" | "array">, print: Print): string {
  return `(${node.items.map(print).join(", ")})`;
}

/** Only of the operators in `places`. */
export function printUnary(
  node: Node<"unary">,
  print: Print,
  places: ReadonlyMap<string, "before" | "after">,
): string {
  const place = places.get(node.operator);
  if (!place) throw refuse(`the operator ${node.operator}`, node.at);
  const operand = print(node.operand);
  return place === "before" ? `(${node.operator} ${operand})` : `(${operand} ${node.operator})`;
}

export function printInfix(node: Node<"binary">, print: Print): string {
  const right = print(node.right);
  const isIn = node.operator === "IN" || node.operator === "NOT IN";
  const operand = isIn && node.right.kind !== "list" ? `(${right})` : right;
  return `(${print(node.left)} ${node.operator} ${operand})`;
}

export function printCase(node: Node<"case">, print: Print): string {
  const branches = node.whens.map(
    ({ when, result }) => `WHEN ${print(when)} THEN ${print(result)}`,
  );
  return [
    "(CASE",
    ...(node.value ? [print(node.value)] : []),
    ...branches,
    ...(node.otherwise ? [`ELSE ${print(node.otherwise)}`] : []),
    "END)",
  ].join(" ");
}

/** The type's length, or precision and scale. */
export function printModifiers(modifiers: number[], at: SqlPosition): string {
  if (!modifiers.every((modifier) => Number.isSafeInteger(modifier))) {
    throw refuse("a type modifier that is no integer", at);
  }
  return modifiers.length > 0 ? `(${modifiers.join(", ")})` : "";
}
