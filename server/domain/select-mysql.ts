import type { ImportType, SqlPosition } from "../../shared/import-select.ts";
import { quoteMysqlName, quoteMysqlText } from "../../shared/mysql-text.ts";
import {
  binaryOperators,
  fields,
  functions,
  keywords,
  remedies,
  types,
  unaryOperators,
} from "./select-mysql-allowed.ts";
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

/*
 * The restricted SELECT in the words of MySQL and MariaDB. Names stand in backticks, which no sql_mode
 * reads otherwise. A text with anything but plain characters goes as hexadecimal digits: a quote or a
 * backslash of the user's never reaches the server, whatever NO_BACKSLASH_ESCAPES, ANSI_QUOTES or the
 * character set would make of it. `a || b` is CONCAT(a, b), which PIPES_AS_CONCAT has no part in, and
 * LIKE names its escape character, which is a backslash here as in PostgreSQL.
 */
export const mysqlDialect: Dialect = {
  quoteName: quoteMysqlName,
  isSystemSchema: (schema) =>
    ["mysql", "information_schema", "performance_schema", "sys"].includes(schema.toLowerCase()),
  print: printNode,
};

const backslash = "_utf8mb4 x'5c'";

function printNode(node: Printed, print: Print): string {
  switch (node.kind) {
    case "number":
      return printNumber(node);
    case "string":
      return quoteMysqlText(checkText(node));
    case "boolean":
      return node.value ? "TRUE" : "FALSE";
    case "null":
      return "NULL";
    case "keyword":
      if (!keywords.has(node.word)) throw refuseFor(node.word, node.at);
      return node.word;
    case "unary":
      return printUnary(node, print, unaryOperators);
    case "binary":
      return printBinary(node, print);
    case "between":
      return printBetween(node, print);
    case "list":
      return printList(node, print);
    case "array":
    case "element":
      throw refuseFor("an array", node.at);
    case "cast":
      return `CAST(${print(node.operand)} AS ${printType(node.type, node.at)})`;
    case "call":
      return printCall(node, print);
    case "extract":
      if (!fields.has(node.field)) throw refuseFor(`EXTRACT of ${node.field}`, node.at);
      return `EXTRACT(${node.field} FROM ${print(node.from)})`;
    case "case":
      return printCase(node, print);
  }
}

function refuseFor(what: string, at: SqlPosition, remedy?: string) {
  const hint = remedy === undefined ? "" : ` (${remedy})`;
  return refuse(`${what} for MySQL and MariaDB${hint}`, at);
}

function printBinary(node: Node<"binary">, print: Print): string {
  const { operator } = node;
  if (!binaryOperators.has(operator)) {
    throw refuseFor(`the operator ${operator}`, node.at, remedies.get(operator));
  }
  if (operator === "||") return `CONCAT(${print(node.left)}, ${print(node.right)})`;
  if (operator === "LIKE" || operator === "NOT LIKE") {
    return `(${print(node.left)} ${operator} ${print(node.right)} ESCAPE ${backslash})`;
  }
  return printInfix(node, print);
}

function printCall(node: Node<"call">, print: Print): string {
  const name = functions.get(node.name);
  if (!name) throw refuseFor(`the function ${node.name}`, node.at);
  if (node.name === "substring" && node.arguments[1]?.kind === "string") {
    throw refuseFor("substring with a pattern", node.at);
  }
  return `${name}(${node.arguments.map(print).join(", ")})`;
}

/** Instants keep their microseconds, which MySQL's bare names would drop. */
function printType(type: ImportType, at: SqlPosition): string {
  const name = types.get(type.name);
  const named = `the type ${type.name}${type.isArray ? "[]" : ""}`;
  if (!name || type.isArray) throw refuseFor(named, at);
  if (name === "DECIMAL" && type.modifiers.length === 0) {
    throw refuseFor(`${named} without a precision`, at, "write numeric(38, 9)");
  }
  const hasFraction = name === "TIME" || name === "DATETIME";
  const modifiers = hasFraction && type.modifiers.length === 0 ? [6] : type.modifiers;
  return `${name}${printModifiers(modifiers, at)}`;
}
