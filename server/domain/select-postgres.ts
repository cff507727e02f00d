import type { ImportType, SqlPosition } from "../../shared/import-select.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import {
  checkText,
  type Dialect,
  type Node,
  type Print,
  type Printed,
  printBetween,
  printCase,
  printInfix,
  printList,
  printModifiers,
  printNumber,
  printUnary,
  refuse,
} from "./select-node.ts";
import {
  binaryOperators,
  functions,
  keywords,
  types,
  unaryOperators,
} from "./select-postgres-allowed.ts";

/*
 * The restricted SELECT in PostgreSQL's words. Literals are quoted by the rules of
 * `standard_conforming_strings = on` (which the connection pins: a backslash is a character like any
 * other), functions and types are named in pg_catalog so that no other of the name can answer.
 */
export const postgresDialect: Dialect = {
  quoteName,
  isSystemSchema: (schema) => schema.startsWith("pg_") || schema === "information_schema",
  print: printNode,
};

function printNode(node: Printed, print: Print): string {
  switch (node.kind) {
    case "number":
      return printNumber(node);
    case "string":
      return `'${checkText(node).replaceAll("'", "''")}'`;
    case "boolean":
      return node.value ? "TRUE" : "FALSE";
    case "null":
      return "NULL";
    case "keyword":
      if (!keywords.has(node.word)) throw refuse(node.word, node.at);
      return node.word;
    case "unary":
      return printUnary(node, print, unaryOperators);
    case "binary":
      if (!binaryOperators.has(node.operator)) {
        throw refuse(`the operator ${node.operator}`, node.at);
      }
      return printInfix(node, print);
    case "between":
      return printBetween(node, print);
    case "list":
      return printList(node, print);
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

function printCall(node: Node<"call">, print: Print): string {
  const name = functions.get(node.name);
  if (!name) throw refuse(`the function ${node.name}`, node.at);
  return `${name}(${node.arguments.map(print).join(", ")})`;
}

function printType(type: ImportType, at: SqlPosition): string {
  const name = types.get(type.name);
  if (!name) throw refuse(`the type ${type.name}`, at);
  return `${name}${printModifiers(type.modifiers, at)}${type.isArray ? "[]" : ""}`;
}
