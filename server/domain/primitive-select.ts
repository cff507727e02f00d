import { MaestroError } from "../../shared/errors.ts";
import type {
  ImportExpression,
  ImportSelect,
  ImportType,
  SourceName,
  SqlPosition,
} from "../../shared/import-select.ts";
import {
  binaryOperators,
  functions,
  keywords,
  types,
  unaryOperators,
} from "./primitive-select-allowed.ts";

/*
 * Prints the restricted SELECT of an import for PostgreSQL. Names are always quoted, literals are
 * quoted by the rules of `standard_conforming_strings = on` (which the connection pins: a backslash
 * is a character like any other), every operation stands in parentheses so that it keeps the meaning
 * that the parser gave it, functions and types are named in pg_catalog so that no other of the name
 * can answer, and what is in no allow-list is refused.
 */

/** An increment's part: ids above `above` (null: from the first) and up to `upTo`. */
export interface IdRange {
  column: string;
  above: string | null;
  upTo: string;
}

/** `schema` is where the table was found: nothing is left to a search path. */
export function printSelect(select: ImportSelect, schema: string, range: IdRange | null): string {
  const scope = scopeOf(select);
  const columns = select.columns.map(({ expression, alias }) => {
    if (expression.kind === "star") return `${quoteName(checkTable(scope, expression))}.*`;
    const printed = printExpression(expression, scope);
    return alias === null ? printed : `${printed} AS ${quoteName(alias)}`;
  });
  const conditions = [
    ...(select.where ? [printExpression(select.where, scope)] : []),
    ...(range ? printRange(range, scope.alias) : []),
  ];
  return [
    `SELECT ${columns.join(", ")}`,
    `FROM ${quoteName(schema)}.${quoteName(select.table.name)} AS ${quoteName(scope.alias)}`,
    ...(conditions.length > 0 ? [`WHERE ${conditions.join(" AND ")}`] : []),
    ...(select.limit === null ? [] : [`LIMIT ${select.limit}`]),
  ].join(" ");
}

/** Throws `invalidSql` where the select uses what no list allows. */
export function checkSelect(select: ImportSelect): void {
  const { schema, name } = select.table;
  if (isSystemSchema(schema ?? "") || (schema === null && name.startsWith("pg_"))) {
    throw new MaestroError("invalidSql", `the system table ${name} cannot be imported`);
  }
  printSelect(select, schema ?? "", null);
}

export function isSystemSchema(schema: string): boolean {
  return schema.startsWith("pg_") || schema === "information_schema";
}

/**
 * The columns that the select names, to be held against the table's own: PostgreSQL would read
 * `t.f` as the function call `f(t)` where the table has no column f.
 */
export function namedColumns(select: ImportSelect): { name: string; at: SqlPosition }[] {
  const found: { name: string; at: SqlPosition }[] = [];
  const visit = (value: unknown) => {
    if (Array.isArray(value)) {
      value.forEach(visit);
    } else if (typeof value === "object" && value !== null) {
      if (isColumn(value)) found.push({ name: value.name, at: value.at });
      Object.values(value).forEach(visit);
    }
  };
  visit(select.columns);
  visit(select.where);
  return found;
}

function isColumn(value: object): value is Node<"column"> {
  return "kind" in value && value.kind === "column";
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** For `standard_conforming_strings = on`. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

interface Scope {
  table: SourceName;
  alias: string;
  hasAlias: boolean;
}

type Print = (node: ImportExpression) => string;
type Node<K extends ImportExpression["kind"]> = Extract<ImportExpression, { kind: K }>;

function scopeOf({ table }: ImportSelect): Scope {
  return { table, alias: table.alias ?? table.name, hasAlias: table.alias !== null };
}

function printRange(range: IdRange, alias: string): string[] {
  const id = `${quoteName(alias)}.${quoteName(range.column)}`;
  const digits = (text: string) => {
    if (/^-?\d+$/.test(text)) return text;
    throw new MaestroError("invalidInput", `the watermark ${text} is no whole number`);
  };
  return [
    ...(range.above === null ? [] : [`${id} > (${digits(range.above)})`]),
    `${id} <= (${digits(range.upTo)})`,
  ];
}

function refuse(what: string, at: SqlPosition): MaestroError {
  return new MaestroError("invalidSql", `${what} is not allowed in an import`, { position: at });
}

/** The alias that the printed select gives the table. */
function checkTable(scope: Scope, node: { table: SourceName | null; at: SqlPosition }): string {
  const { table } = node;
  if (table === null) return scope.alias;
  const named =
    table.name === scope.alias &&
    (table.schema === null || (!scope.hasAlias && table.schema === scope.table.schema));
  if (!named) throw refuse(`${table.name}, which is not the table in FROM,`, node.at);
  return scope.alias;
}

function printExpression(node: ImportExpression, scope: Scope): string {
  const print = (child: ImportExpression) => printExpression(child, scope);
  switch (node.kind) {
    case "column":
      return `${quoteName(checkTable(scope, node))}.${quoteName(node.name)}`;
    case "star":
      throw refuse("* in an expression", node.at);
    case "number":
      return node.text.startsWith("-") ? `(${node.text})` : node.text;
    case "string":
      return printString(node);
    case "boolean":
      return node.value ? "TRUE" : "FALSE";
    case "null":
      return "NULL";
    case "keyword":
      if (!keywords.has(node.word)) throw refuse(node.word, node.at);
      return node.word;
    case "unary":
      return printUnary(node, print);
    case "binary":
      return printBinary(node, print);
    case "between": {
      const operator = node.negated ? "NOT BETWEEN" : "BETWEEN";
      return `(${print(node.value)} ${operator} ${print(node.low)} AND ${print(node.high)})`;
    }
    case "list":
      return `(${node.items.map(print).join(", ")})`;
    case "array":
      return `(ARRAY[${node.items.map(print).join(", ")}])`;
    case "element":
      return `(${print(node.array)})[${print(node.index)}]`;
    case "cast":
      return `CAST(${print(node.operand)} AS ${printType(node.type, node.at)})`;
    case "call":
      return printCall(node, print);
    case "extract":
      if (!/^[a-z_]+$/.test(node.field)) throw refuse(`EXTRACT of ${node.field}`, node.at);
      return `EXTRACT(${node.field} FROM ${print(node.from)})`;
    case "case":
      return printCase(node, print);
  }
}

function printString(node: Node<"string">): string {
  if (node.value.includes("\0")) throw refuse("a NUL character", node.at);
  return quoteText(node.value);
}

function printUnary(node: Node<"unary">, print: Print): string {
  const place = unaryOperators.get(node.operator);
  if (!place) throw refuse(`the operator ${node.operator}`, node.at);
  const operand = print(node.operand);
  return place === "before" ? `(${node.operator} ${operand})` : `(${operand} ${node.operator})`;
}

function printBinary(node: Node<"binary">, print: Print): string {
  if (!binaryOperators.has(node.operator)) throw refuse(`the operator ${node.operator}`, node.at);
  const right = print(node.right);
  const isIn = node.operator === "IN" || node.operator === "NOT IN";
  const operand = isIn && node.right.kind !== "list" ? `(${right})` : right;
  return `(${print(node.left)} ${node.operator} ${operand})`;
}

function printCall(node: Node<"call">, print: Print): string {
  const name = functions.get(node.name);
  if (!name) throw refuse(`the function ${node.name}`, node.at);
  return `${name}(${node.arguments.map(print).join(", ")})`;
}

function printCase(node: Node<"case">, print: Print): string {
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

function printType(type: ImportType, at: SqlPosition): string {
  const name = types.get(type.name);
  if (!name) throw refuse(`the type ${type.name}`, at);
  if (!type.modifiers.every((modifier) => Number.isSafeInteger(modifier))) {
    throw refuse("a type modifier that is no integer", at);
  }
  const modifiers = type.modifiers.length > 0 ? `(${type.modifiers.join(", ")})` : "";
  return `${name}${modifiers}${type.isArray ? "[]" : ""}`;
}
