import type { SelectFromStatement } from "pgsql-ast-parser";
import type { ImportSelect, SourceName } from "../../shared/import-select.ts";
import { SqlNodeReader } from "./import-sql-expression.ts";
import { clauseNames, statementNames } from "./import-sql-names.ts";
import { parseSqlText } from "./sql-text-parser.ts";

/*
 * Reads an import's SQL into the restricted SELECT. It is an allow-list: each node is taken apart by
 * the properties known here, and one that has a property, a type or a place that is not known is
 * refused by its name. Functions, operators and types are held against their own lists where the
 * SELECT is printed (domain/primitive-select.ts).
 */

const limits = {
  what: "an import's SQL",
  maxLength: 20_000,
  maxNesting: 40,
  expected: "an import is SELECT … FROM one table [WHERE …] [LIMIT n]",
};

/** Throws `invalidSql` with the position of what is refused. */
export function parseImportSql(sql: string): ImportSelect {
  const statements = parseSqlText(sql, limits);
  const reader = new SqlNodeReader(sql);
  const [statement, second] = statements;
  if (!statement) throw reader.refuse("an empty query", undefined);
  if (second) throw reader.refuse("a second statement", second);
  if (statement.type !== "select") {
    throw reader.refuse(statementNames[statement.type] ?? statement.type.toUpperCase(), statement);
  }
  return readSelect(reader, statement);
}

function readSelect(reader: SqlNodeReader, statement: SelectFromStatement): ImportSelect {
  const { type: _type, _location, columns, from, where, limit, ...others } = statement;
  for (const [clause, value] of Object.entries(others)) {
    if (value !== undefined && value !== null) {
      throw reader.refuse(clauseNames[clause] ?? clause, statement);
    }
  }
  if (!columns || columns.length === 0) throw reader.refuse("a SELECT without columns", statement);
  return {
    columns: columns.map(({ expr, alias }) => ({
      expression: reader.column(expr),
      alias: alias ? reader.identifier(alias.name) : null,
    })),
    table: readTable(reader, statement),
    where: where ? reader.expression(where) : null,
    limit: readLimit(reader, limit),
  };
}

function readTable(reader: SqlNodeReader, statement: SelectFromStatement): ImportSelect["table"] {
  const [table, second] = statement.from ?? [];
  if (!table) throw reader.refuse("a SELECT without FROM", statement);
  if (second) {
    throw reader.refuse(second.join ? "JOIN" : "a second table in FROM", second);
  }
  if (table.type !== "table") {
    throw reader.refuse(
      table.type === "call" ? "a function in FROM" : "a subselect in FROM",
      table,
    );
  }
  const { type: _type, _location, name, ...others } = table;
  reader.refuseOthers("FROM", others, table);
  const { schema, name: tableName, alias, _location: _at, ...nameOthers } = name;
  reader.refuseOthers("FROM", nameOthers, table);
  const source: SourceName = {
    schema: schema === undefined ? null : reader.identifier(schema),
    name: reader.identifier(tableName),
  };
  return { ...source, alias: alias === undefined ? null : reader.identifier(alias) };
}

function readLimit(reader: SqlNodeReader, limit: SelectFromStatement["limit"]): string | null {
  if (!limit) return null;
  if (limit.offset) throw reader.refuse("OFFSET", limit);
  if (!limit.limit) return null;
  const count = limit.limit.type === "integer" ? reader.text(limit.limit) : "";
  if (!/^\d+$/.test(count)) throw reader.refuse("a LIMIT that is not a whole number", limit);
  return count;
}
