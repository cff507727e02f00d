import {
  parseOptions,
  parseSchema,
  parseSnapshot,
  parseTable,
  parseView,
} from "./create-tables.ts";
import type { Cursor } from "./cursor.ts";
import { notSupported } from "./positions.ts";
import { parseFunction, parseProcedure, parseTableFunction } from "./routine-statements.ts";
import type { Located, Statement } from "./statement-ast.ts";

/** CREATE TABLE, VIEW, SCHEMA and routines; `next` reads the statements of a procedure. */
export function parseCreate(c: Cursor, next: () => Located): Statement {
  const { start: pos } = c.next();
  const orReplace = c.acceptWord("OR", "REPLACE");
  const temporary = c.acceptWord("TEMP") || c.acceptWord("TEMPORARY");
  const mode = orReplace ? "orReplace" : "create";
  if (c.acceptWord("FUNCTION")) return parseFunction(c, { mode, temporary, pos }, parseOptions);
  if (c.acceptWord("TABLE", "FUNCTION")) return parseTableFunction(c, { mode, temporary, pos });
  if (c.acceptWord("TABLE")) return parseTable(c, orReplace, temporary, pos);
  if (temporary) throw notSupported(`CREATE TEMP ${c.peek().text.toUpperCase()}`);
  if (c.acceptWord("PROCEDURE")) {
    return parseProcedure(c, { mode, temporary, pos }, parseOptions, next);
  }
  if (c.acceptWord("VIEW")) return parseView(c, orReplace, false, pos);
  if (c.acceptWord("MATERIALIZED", "VIEW")) return parseView(c, orReplace, true, pos);
  if (c.acceptWord("SNAPSHOT", "TABLE")) return parseSnapshot(c, pos);
  if (c.acceptWord("SCHEMA")) return parseSchema(c, pos);
  if (c.isWord("ROW")) throw notSupported("CREATE ROW ACCESS POLICY");
  throw notSupported(`CREATE ${c.peek().text.toUpperCase()}`);
}
