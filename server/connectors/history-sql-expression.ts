import type {
  DataTypeDef,
  Expr,
  ExprCall,
  ExprCase,
  ExprRef,
  OrderByStatement,
  PGNode,
  Statement,
} from "pgsql-ast-parser";
import { MaestroError } from "../../shared/errors.ts";
import { aggregates, functions, keywords, operators, types, unaries } from "./history-sql-names.ts";

/** A chain of operators is a tree as deep as it is long, and is walked by recursion. */
const maxDepth = 300;

/** Quoted always: what is in it can be nothing but a name. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('""', '"').replaceAll('"', '""')}"`;
}

/** Its meaning does not hang on how the server reads backslashes. */
function quoteText(text: string): string {
  if (text.includes("\0")) throw new MaestroError("invalidSql", "a text holds the character 0");
  return `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** Prints expressions anew; what is not known is refused. */
export abstract class HistoryExpressions {
  readonly #sql: string;
  #depth = 0;

  constructor(sql: string) {
    this.#sql = sql;
  }

  /** A SELECT within the query. */
  abstract statement(node: Statement): string;

  refuse(construct: string, node: PGNode | undefined): MaestroError {
    const message = `${construct} is not allowed here: a query of the history is one SELECT of its tables`;
    return new MaestroError("invalidSql", message, { position: this.at(node) });
  }

  /** 1-based. */
  at(node: PGNode | undefined): { line: number; column: number } {
    const lines = this.#sql.slice(0, node?._location?.start ?? 0).split("\n");
    return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  }

  /** Refuses a node that has more to it than was read. */
  nothingElse(others: object, node: PGNode | undefined): void {
    for (const [property, value] of Object.entries(others)) {
      if (value !== undefined && value !== null && value !== false) {
        throw this.refuse(property, node);
      }
    }
  }

  deeper(node: PGNode, print: () => string): string {
    if (this.#depth > maxDepth) throw this.refuse(`more than ${maxDepth} operations in one`, node);
    this.#depth += 1;
    const text = print();
    this.#depth -= 1;
    return text;
  }

  all(nodes: readonly Expr[]): string {
    return nodes.map((node) => this.expression(node)).join(", ");
  }

  orderBy(orders: readonly OrderByStatement[]): string {
    const parts = orders.map(({ by, order, nulls, _location, ...others }) => {
      this.nothingElse(others, by);
      const direction = order === "DESC" ? " desc" : "";
      const place = nulls === "FIRST" || nulls === "LAST" ? ` nulls ${nulls.toLowerCase()}` : "";
      return this.expression(by) + direction + place;
    });
    return `order by ${parts.join(", ")}`;
  }

  expression(node: Expr): string {
    return this.deeper(node, () => this.#literal(node) ?? this.#expression(node));
  }

  #literal(node: Expr): string | null {
    switch (node.type) {
      case "string":
        return quoteText(node.value);
      case "integer":
      case "numeric": {
        const text = this.#sql.slice(node._location?.start ?? 0, node._location?.end ?? 0).trim();
        if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw this.refuse("a number", node);
        return text;
      }
      case "boolean":
        return String(node.value === true);
      case "null":
        return "null";
      case "keyword":
        if (keywords.has(node.keyword)) return node.keyword;
        throw this.refuse(node.keyword, node);
      default:
        return null;
    }
  }

  #expression(node: Expr): string {
    switch (node.type) {
      case "ref":
        return this.#reference(node);
      case "unary":
      case "binary":
      case "ternary":
        return this.#operation(node);
      case "list":
        return `(${this.all(node.expressions)})`;
      case "cast":
        return `cast(${this.expression(node.operand)} as ${this.#typeOf(node.to, node)})`;
      case "call":
        return this.#call(node);
      case "extract":
        return this.#extract(node.field.name, node.from, node);
      case "case":
        return this.#case(node);
      case "select":
      case "union":
      case "union all":
      case "with":
        return `(${this.statement(node)})`;
      default:
        throw this.refuse(node.type, node);
    }
  }

  #reference({ type: _, _location, table, name, ...others }: ExprRef): string {
    this.nothingElse(others, undefined);
    const column = name === "*" ? "*" : quoteName(name);
    if (!table) return column;
    const { name: of, _location: __, ...more } = table;
    this.nothingElse(more, undefined);
    return `${quoteName(of)}.${column}`;
  }

  #operation(node: Extract<Expr, { type: "unary" | "binary" | "ternary" }>): string {
    const { op } = node;
    if (node.type === "ternary") {
      const [value, low, high] = [node.value, node.lo, node.hi].map((each) =>
        this.expression(each),
      );
      return `(${value} ${op === "BETWEEN" ? "" : "not "}between ${low} and ${high})`;
    }
    if (node.opSchema) throw this.refuse("an operator of a schema", node);
    if (node.type === "binary") {
      if (!operators.has(op)) throw this.refuse(`the operator ${op}`, node);
      const right = this.expression(node.right);
      // A list of one comes without its list.
      const isBare = op.endsWith("IN") && !right.startsWith("(");
      return `(${this.expression(node.left)} ${op} ${isBare ? `(${right})` : right})`;
    }
    if (!unaries.has(op)) throw this.refuse(`the operator ${op}`, node);
    const operand = this.expression(node.operand);
    return op.startsWith("IS ") ? `(${operand} ${op})` : `(${op} ${operand})`;
  }

  #typeOf(type: DataTypeDef, node: PGNode): string {
    if (type.kind === "array") throw this.refuse("an array", node);
    const { kind: _, name, config, schema, doubleQuoted, _location, ...others } = type;
    this.nothingElse({ ...others, schema, doubleQuoted, config }, node);
    const known = types.get(name.toLowerCase());
    if (!known) throw this.refuse(`the type ${name}`, node);
    return known;
  }

  #call(node: ExprCall): string {
    const { type: _, _location, function: called, args, distinct, ...more } = node;
    const { filter, over, withinGroup, orderBy, ...others } = more;
    this.nothingElse({ ...others, orderBy }, node);
    const { name, _location: __, ...otherNames } = called;
    this.nothingElse(otherNames, node);
    if (name === "exists" && args.length === 1) return `exists ${this.all(args)}`;
    const isAggregate = aggregates.has(name);
    if (!isAggregate && !functions.has(name)) throw this.refuse(`the function ${name}`, node);
    if (!isAggregate && (distinct || filter || withinGroup)) throw this.refuse(name, node);
    return [
      `${name}(${distinct === "distinct" ? "distinct " : ""}${this.all(args)})`,
      withinGroup ? `within group (${this.orderBy([withinGroup])})` : "",
      filter ? `filter (where ${this.expression(filter)})` : "",
      over ? this.#over(over, node) : "",
    ]
      .filter((part) => part !== "")
      .join(" ");
  }

  #over(over: NonNullable<ExprCall["over"]>, node: PGNode): string {
    const { orderBy, partitionBy, _location, ...others } = over;
    this.nothingElse(others, node);
    const parts = [
      partitionBy && partitionBy.length > 0 ? `partition by ${this.all(partitionBy)}` : "",
      orderBy && orderBy.length > 0 ? this.orderBy(orderBy) : "",
    ];
    return `over (${parts.filter((part) => part !== "").join(" ")})`;
  }

  #extract(field: string, from: Expr, node: PGNode): string {
    if (!/^[a-z]+$/i.test(field)) throw this.refuse("this field of EXTRACT", node);
    return `extract(${field} from ${this.expression(from)})`;
  }

  #case({ value, whens, else: otherwise }: ExprCase): string {
    const parts = whens.map(
      (each) => `when ${this.expression(each.when)} then ${this.expression(each.value)}`,
    );
    const head = value ? ` ${this.expression(value)}` : "";
    const tail = otherwise ? ` else ${this.expression(otherwise)}` : "";
    return `case${head} ${parts.join(" ")}${tail} end`;
  }
}
