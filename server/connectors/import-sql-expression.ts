import type {
  DataTypeDef,
  Expr,
  ExprBinary,
  ExprCall,
  ExprCase,
  ExprInteger,
  ExprMember,
  ExprNumeric,
  ExprRef,
  ExprString,
  ExprSubstring,
  ExprTernary,
  ExprUnary,
  PGNode,
} from "pgsql-ast-parser";
import { MaestroError } from "../../shared/errors.ts";
import type {
  ImportExpression,
  ImportType,
  SourceName,
  SqlPosition,
} from "../../shared/import-select.ts";
import { expressionNames } from "./import-sql-names.ts";

/** A chain of operators is a tree as deep as it is long, and is walked by recursion. */
const maxDepth = 1_000;

/** Reads the nodes of one text: numbers and positions are taken from it. */
export class SqlNodeReader {
  readonly #sql: string;
  #depth = 0;

  constructor(sql: string) {
    this.#sql = sql;
  }

  refuse(construct: string, node: PGNode | undefined): MaestroError {
    return new MaestroError(
      "invalidSql",
      `${construct} is not allowed in an import: SELECT … FROM one table [WHERE …] [LIMIT n]`,
      { position: this.#at(node) },
    );
  }

  /** Refuses a node that has more to it than was read. */
  refuseOthers(where: string, others: object, node: PGNode): void {
    for (const [property, value] of Object.entries(others)) {
      if (value !== undefined && value !== null && value !== false) {
        throw this.refuse(`${property} in ${where}`, node);
      }
    }
  }

  /** The parser keeps the doubled quotes of a quoted name. */
  identifier(name: string): string {
    return name.replaceAll('""', '"');
  }

  /** As it stands in the text. */
  text(node: PGNode): string {
    return this.#sql.slice(node._location?.start ?? 0, node._location?.end ?? 0);
  }

  /** As `expression`, and `*`. */
  column(node: Expr): ImportExpression {
    if (node.type !== "ref" || node.name !== "*") return this.expression(node);
    return {
      kind: "star",
      table: node.table ? this.#sourceName(node.table) : null,
      at: this.#at(node),
    };
  }

  expression(node: Expr): ImportExpression {
    if (this.#depth > maxDepth) throw this.refuse(`more than ${maxDepth} operations in one`, node);
    this.#depth += 1;
    try {
      return this.#expression(node);
    } finally {
      this.#depth -= 1;
    }
  }

  #expression(node: Expr): ImportExpression {
    const literal = this.#literal(node);
    if (literal) return literal;
    const at = this.#at(node);
    switch (node.type) {
      case "ref":
        return this.#reference(node);
      case "unary":
        return this.#unary(node);
      case "binary":
        return this.#binary(node);
      case "member":
        return this.#member(node);
      case "ternary":
        return this.#between(node);
      case "list":
      case "array":
        return { kind: node.type, items: this.#all(node.expressions), at };
      case "arrayIndex": {
        const array = this.expression(node.array);
        return { kind: "element", array, index: this.expression(node.index), at };
      }
      case "cast":
        return {
          kind: "cast",
          operand: this.expression(node.operand),
          type: this.#type(node.to),
          at,
        };
      case "call":
        return this.#call(node);
      case "extract":
        return { kind: "extract", field: node.field.name, from: this.expression(node.from), at };
      case "case":
        return this.#case(node);
      case "substring":
        return this.#substring(node);
      default:
        throw this.refuse(expressionNames[node.type] ?? node.type, node);
    }
  }

  #literal(node: Expr): ImportExpression | null {
    const at = this.#at(node);
    switch (node.type) {
      case "integer":
      case "numeric":
        return this.#number(node);
      case "string":
        return this.#string(node);
      case "boolean":
        return { kind: "boolean", value: node.value, at };
      case "null":
        return { kind: "null", at };
      case "keyword":
        return { kind: "keyword", word: node.keyword, at };
      default:
        return null;
    }
  }

  /**
   * The digits as they stand in the text. The parser's value is a rounded number, and it reads
   * `1e5` as 1 named e5, so what follows the digits is looked at too.
   */
  #number(node: ExprInteger | ExprNumeric): ImportExpression {
    const text = this.text(node).replace(/^-\s+/, "-");
    const next = this.#sql.charAt(node._location?.end ?? 0);
    if (!/^-?(\d+(\.\d*)?|\.\d+)$/.test(text) || /[\w.]/.test(next)) {
      throw this.refuse(`the number ${text}${next}… (write it without an exponent)`, node);
    }
    return { kind: "number", text, at: this.#at(node) };
  }

  /** The parser decodes E'…' by rules that are not PostgreSQL's: only what stands as it means is read. */
  #string(node: ExprString): ImportExpression {
    if (this.text(node) !== quoted(node.value)) {
      throw this.refuse("an escape string (write '…' with the characters themselves)", node);
    }
    return { kind: "string", value: node.value, at: this.#at(node) };
  }

  #reference(node: ExprRef): ImportExpression {
    const { type: _type, _location, table, name, ...others } = node;
    this.refuseOthers("a column", others, node);
    if (name === "*") throw this.refuse("* in an expression", node);
    return {
      kind: "column",
      table: table ? this.#sourceName(table) : null,
      name: this.identifier(name),
      at: this.#at(node),
    };
  }

  #call(node: ExprCall): ImportExpression {
    const { type: _type, _location, function: callee, args, over, ...others } = node;
    if (over) throw this.refuse("a window function (OVER)", node);
    this.refuseOthers(`the call of ${callee.name}`, others, node);
    if (callee.schema !== undefined && callee.schema !== "pg_catalog") {
      throw this.refuse(`the function ${callee.schema}.${callee.name}`, node);
    }
    return { kind: "call", name: callee.name, arguments: this.#all(args), at: this.#at(node) };
  }

  #unary(node: ExprUnary): ImportExpression {
    if (node.opSchema !== undefined) throw this.refuse("OPERATOR(…)", node);
    const operand = this.expression(node.operand);
    return { kind: "unary", operator: node.op, operand, at: this.#at(node) };
  }

  #binary(node: ExprBinary): ImportExpression {
    if (node.opSchema !== undefined) throw this.refuse("OPERATOR(…)", node);
    return {
      kind: "binary",
      operator: node.op,
      left: this.expression(node.left),
      right: this.expression(node.right),
      at: this.#at(node),
    };
  }

  #member(node: ExprMember): ImportExpression {
    const at = this.#at(node);
    const isNumber = typeof node.member === "number";
    const written = isNumber ? String(node.member) : quoted(String(node.member));
    if (!this.text(node).endsWith(written)) {
      throw this.refuse(`this operand of ${node.op} (write a plain '…' or a number)`, node);
    }
    const right: ImportExpression =
      typeof node.member === "number"
        ? { kind: "number", text: String(node.member), at }
        : { kind: "string", value: node.member, at };
    return { kind: "binary", operator: node.op, left: this.expression(node.operand), right, at };
  }

  #between(node: ExprTernary): ImportExpression {
    return {
      kind: "between",
      negated: node.op === "NOT BETWEEN",
      value: this.expression(node.value),
      low: this.expression(node.lo),
      high: this.expression(node.hi),
      at: this.#at(node),
    };
  }

  #case(node: ExprCase): ImportExpression {
    return {
      kind: "case",
      value: node.value ? this.expression(node.value) : null,
      whens: node.whens.map((branch) => ({
        when: this.expression(branch.when),
        result: this.expression(branch.value),
      })),
      otherwise: node.else ? this.expression(node.else) : null,
      at: this.#at(node),
    };
  }

  /** `substring(x from a for b)` is `substring(x, a, b)`; with a pattern it is `substring(x, pattern)`. */
  #substring(node: ExprSubstring): ImportExpression {
    const at = this.#at(node);
    const from: ImportExpression = node.from
      ? this.expression(node.from)
      : { kind: "number", text: "1", at };
    const rest = node.for ? [this.expression(node.for)] : [];
    return {
      kind: "call",
      name: "substring",
      arguments: [this.expression(node.value), from, ...rest],
      at,
    };
  }

  #type(node: DataTypeDef): ImportType {
    if (node.kind === "array") {
      const element = this.#type(node.arrayOf);
      if (element.isArray) throw this.refuse("an array of arrays", node);
      return { ...element, isArray: true };
    }
    if (node.schema !== undefined && node.schema !== "pg_catalog") {
      throw this.refuse(`the type ${node.schema}.${node.name}`, node);
    }
    if (node.doubleQuoted) throw this.refuse(`the type "${node.name}"`, node);
    // The parser takes `time(3) with time zone` for a timestamp.
    if (node.name.includes("time zone") && node.config) {
      throw this.refuse("a precision with WITH or WITHOUT TIME ZONE (write timestamptz(3))", node);
    }
    return { name: node.name, modifiers: node.config ?? [], isArray: false };
  }

  #all(nodes: Expr[]): ImportExpression[] {
    return nodes.map((node) => this.expression(node));
  }

  #sourceName(name: { schema?: string; name: string }): SourceName {
    return {
      schema: name.schema === undefined ? null : this.identifier(name.schema),
      name: this.identifier(name.name),
    };
  }

  #at(node: PGNode | undefined): SqlPosition {
    const before = this.#sql.slice(0, node?._location?.start ?? 0).split("\n");
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
