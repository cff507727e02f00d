import type { DatabaseKind } from "../../shared/database.ts";
import { MaestroError } from "../../shared/errors.ts";
import type {
  ImportExpression,
  ImportSelect,
  SourceName,
  SqlPosition,
} from "../../shared/import-select.ts";
import { mysqlDialect } from "./select-mysql.ts";
import { type Dialect, type Node, refuse } from "./select-node.ts";
import { postgresDialect } from "./select-postgres.ts";

/*
 * Prints the restricted SELECT of an import for the source's dialect. Names are always quoted, every
 * literal is printed so that no setting of the server can change what it says, every operation stands
 * in parentheses so that it keeps the meaning that the parser gave it, and what is in none of the
 * dialect's allow-lists is refused.
 */

const dialects: Record<DatabaseKind, Dialect> = { postgres: postgresDialect, mysql: mysqlDialect };

/** An increment's part: ids above `above` (null: from the first) and up to `upTo`. */
export interface IdRange {
  column: string;
  above: string | null;
  upTo: string;
}

/** A part of the rows: ids above one and up to another, null being no bound; or those whose id is NULL. */
export type IdPart = Pick<IdRange, "column"> &
  ({ isNull: true } | { isNull: false; above: string | null; upTo: string | null });

/** Those that stand on a page of PostgreSQL's from one on and below another, null being no bound. */
export interface PagePart {
  fromPage: number | null;
  belowPage: number | null;
}

/** `relation` is the table as it was found: nothing is left to a search path. */
export function printSelect(
  select: ImportSelect,
  kind: DatabaseKind,
  relation: { schema: string; name: string },
  range: IdRange | null,
  part: IdPart | PagePart | null = null,
): string {
  const dialect = dialects[kind];
  const quoteName = (name: string) => quoteWith(dialect, name);
  const scope = scopeOf(select);
  const columns = select.columns.map(({ expression, alias }) => {
    if (expression.kind === "star") return `${quoteName(checkTable(scope, expression))}.*`;
    const printed = printExpression(expression, scope, dialect);
    return alias === null ? printed : `${printed} AS ${quoteName(alias)}`;
  });
  const idOf = (column: string) => `${quoteName(scope.alias)}.${quoteName(column)}`;
  const conditions = [
    ...(select.where ? [printExpression(select.where, scope, dialect)] : []),
    ...(range ? printRange(range, idOf(range.column)) : []),
    ...(part ? printPart(part, idOf) : []),
  ];
  return [
    `SELECT ${columns.join(", ")}`,
    `FROM ${quoteName(relation.schema)}.${quoteName(relation.name)} AS ${quoteName(scope.alias)}`,
    ...(conditions.length > 0 ? [`WHERE ${conditions.join(" AND ")}`] : []),
    ...(select.limit === null ? [] : [`LIMIT ${select.limit}`]),
  ].join(" ");
}

/** Throws `invalidSql` where the select uses what no list of the dialect allows. */
export function checkSelect(select: ImportSelect, kind: DatabaseKind): void {
  const { schema, name } = select.table;
  const isOwn = kind === "postgres" && schema === null && name.startsWith("pg_");
  if (isOwn || isSystemSchema(schema ?? "", kind)) {
    throw new MaestroError("invalidSql", `the system table ${name} cannot be imported`);
  }
  printSelect(select, kind, { schema: schema ?? "", name }, null);
}

export function isSystemSchema(schema: string, kind: DatabaseKind): boolean {
  return dialects[kind].isSystemSchema(schema);
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

interface Scope {
  table: SourceName;
  alias: string;
  hasAlias: boolean;
}

function scopeOf({ table }: ImportSelect): Scope {
  return { table, alias: table.alias ?? table.name, hasAlias: table.alias !== null };
}

function printPart(part: IdPart | PagePart, idOf: (column: string) => string): string[] {
  if ("column" in part) {
    const id = idOf(part.column);
    return part.isNull ? [`${id} IS NULL`] : printRange(part, id);
  }
  const place = idOf("ctid");
  const { fromPage, belowPage } = part;
  return [
    ...(fromPage === null ? [] : [`${place} >= '(${fromPage},0)'`]),
    ...(belowPage === null ? [] : [`${place} < '(${belowPage},0)'`]),
  ];
}

function printRange(range: { above: string | null; upTo: string | null }, id: string): string[] {
  const digits = (text: string) => {
    if (/^-?\d+$/.test(text)) return text;
    throw new MaestroError("invalidInput", `the watermark ${text} is no whole number`);
  };
  return [
    ...(range.above === null ? [] : [`${id} > (${digits(range.above)})`]),
    ...(range.upTo === null ? [] : [`${id} <= (${digits(range.upTo)})`]),
  ];
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

/** The protocols end a statement at a NUL, wherever it stands. */
function quoteWith(dialect: Dialect, name: string): string {
  if (!name.includes("\0")) return dialect.quoteName(name);
  throw new MaestroError("invalidSql", "a NUL character is not allowed in a name of an import");
}

function printExpression(node: ImportExpression, scope: Scope, dialect: Dialect): string {
  if (node.kind === "star") throw refuse("* in an expression", node.at);
  if (node.kind === "column") {
    return `${quoteWith(dialect, checkTable(scope, node))}.${quoteWith(dialect, node.name)}`;
  }
  return dialect.print(node, (child) => printExpression(child, scope, dialect));
}
