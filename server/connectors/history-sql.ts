import type {
  From,
  JoinClause,
  OrderByStatement,
  PGNode,
  SelectFromStatement,
  Statement,
  WithStatement,
} from "pgsql-ast-parser";
import { MaestroError } from "../../shared/errors.ts";
import { HistoryExpressions, quoteName } from "./history-sql-expression.ts";
import { parseSqlText } from "./sql-text-parser.ts";

/*
 * Reads a SELECT over the views of the history, and prints it anew: the user's text is never run.
 *
 * It is an allow-list. Each node is taken apart by the properties known here, and what is not known is
 * refused: statements beside SELECT, functions, operators and types that are on no list, schemas,
 * settings. Tables can be the views and the query's own WITH names alone, and both are printed under
 * prefixes that no table of Maestro has, so that no name that was read wrongly, or out of its scope,
 * could mean a table. The views are CTEs that whoever runs the printed text puts before it.
 */

const limits = {
  what: "a query of the history",
  maxLength: 5_000,
  maxNesting: 20,
  expected: "a query of the history is one SELECT of its tables",
};
const ownPrefix = "own_";
const historyPrefix = "history_";

/** Throws `invalidSql` with the position of what is refused. */
export function readHistorySql(sql: string, views: readonly string[]): string {
  const [statement, second] = parseSqlText(sql, limits);
  const printer = new HistoryPrinter(sql, views);
  if (!statement) throw printer.refuse("an empty query", undefined);
  if (second) throw printer.refuse("a second statement", second);
  return printer.statement(statement);
}

const joins: JoinClause["type"][] = [
  "INNER JOIN",
  "LEFT JOIN",
  "RIGHT JOIN",
  "FULL JOIN",
  "CROSS JOIN",
];

class HistoryPrinter extends HistoryExpressions {
  readonly #views: readonly string[];
  /** The names of the WITH clauses around the present place. */
  #names: string[] = [];

  constructor(sql: string, views: readonly string[]) {
    super(sql);
    this.#views = views;
  }

  override statement(node: Statement): string {
    return this.deeper(node, () => {
      switch (node.type) {
        case "select":
          return this.#select(node);
        case "union":
        case "union all": {
          const { type, left, right, _location, ...others } = node;
          this.nothingElse(others, node);
          return `(${this.statement(left)}) ${type} (${this.statement(right)})`;
        }
        case "with":
          return this.#with(node);
        default:
          throw this.refuse(node.type.toUpperCase(), node);
      }
    });
  }

  #with({ type: _, bind, in: body, _location, ...others }: WithStatement): string {
    this.nothingElse(others, undefined);
    const outside = this.#names;
    const parts = bind.map(({ alias, statement, ...more }) => {
      this.nothingElse({ ...more, _location: undefined }, statement);
      const text = `${quoteName(ownPrefix + alias.name)} as (${this.statement(statement)})`;
      this.#names = [...this.#names, alias.name];
      return text;
    });
    const text = `with ${parts.join(", ")} ${this.statement(body)}`;
    this.#names = outside;
    return text;
  }

  #select(node: SelectFromStatement): string {
    const { type: _, _location, columns, from, where, groupBy, having, ...more } = node;
    const { limit, orderBy, distinct, ...others } = more;
    this.nothingElse(others, node);
    if (!columns || columns.length === 0) throw this.refuse("a SELECT without columns", node);
    if (distinct && typeof distinct !== "string") throw this.refuse("DISTINCT ON", node);
    const selected = columns.map(
      ({ expr, alias }) => this.expression(expr) + (alias ? ` as ${quoteName(alias.name)}` : ""),
    );
    return [
      `select ${distinct === "distinct" ? "distinct " : ""}${selected.join(", ")}`,
      from && from.length > 0
        ? `from ${from.map((each, at) => this.#from(each, at)).join("")}`
        : "",
      where ? `where ${this.expression(where)}` : "",
      groupBy && groupBy.length > 0 ? `group by ${this.all(groupBy)}` : "",
      having ? `having ${this.expression(having)}` : "",
      this.#ordered(orderBy),
      limit?.limit ? `limit ${this.expression(limit.limit)}` : "",
      limit?.offset ? `offset ${this.expression(limit.offset)}` : "",
    ]
      .filter((part) => part !== "")
      .join(" ");
  }

  #ordered(orderBy: OrderByStatement[] | null | undefined): string {
    return orderBy && orderBy.length > 0 ? this.orderBy(orderBy) : "";
  }

  #from(node: From, at: number): string {
    if (node.type === "call") throw this.refuse("a function in FROM", node);
    const { join } = node;
    const source = node.type === "table" ? this.#table(node) : this.#subselect(node);
    if (!join) return at === 0 ? source : `, ${source}`;
    const { type, on, using, _location, ...others } = join;
    this.nothingElse(others, node);
    if (!joins.includes(type)) throw this.refuse(type, node);
    const columns = using?.map(({ name }) => quoteName(name)).join(", ");
    return ` ${type} ${source}${on ? ` on ${this.expression(on)}` : ""}${columns ? ` using (${columns})` : ""}`;
  }

  #table(node: Extract<From, { type: "table" }>): string {
    const { type: _, _location, name: named, join: __, ...others } = node;
    this.nothingElse(others, node);
    const { name, alias, _location: ___, ...more } = named;
    this.nothingElse(more, node);
    return `${this.#resolve(name, node)} as ${quoteName(alias ?? name)}`;
  }

  /** What the name means at this place, under its prefix. */
  #resolve(name: string, node: PGNode): string {
    if (this.#names.includes(name)) return quoteName(ownPrefix + name);
    if (this.#views.includes(name)) return quoteName(historyPrefix + name);
    throw new MaestroError(
      "invalidSql",
      `there is no ${name} here: the tables are ${this.#views.join(", ")}`,
      { position: this.at(node) },
    );
  }

  #subselect(node: Extract<From, { type: "statement" }>): string {
    const { type: _, _location, statement, alias, join: __, db: ___, ...others } = node;
    this.nothingElse(others, node);
    return `(${this.statement(statement)}) as ${quoteName(alias)}`;
  }
}
