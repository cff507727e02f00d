import { parseColumn, parseDefault, parseKey, parseOptions } from "./create-tables.ts";
import type { Cursor } from "./cursor.ts";
import { parseTablePath } from "./from.ts";
import { notSupported } from "./positions.ts";
import type { AlterAction, Statement, TableKey } from "./statement-ast.ts";
import { parseType } from "./types.ts";

/** ALTER TABLE, VIEW, MATERIALIZED VIEW and SCHEMA. */
export function parseAlter(c: Cursor): Statement {
  const { start: pos } = c.next();
  const object = objectOf(c);
  const ifExists = c.acceptWord("IF", "EXISTS");
  const path = parseTablePath(c);
  const actions = c.list(() => parseAction(c));
  const other = actions.find((action) => action.k !== "options");
  if (object !== "TABLE" && other) throw notSupported(`this form of ALTER ${object}`);
  return { k: "alter", object, path, ifExists, actions, pos };
}

function objectOf(c: Cursor): "TABLE" | "VIEW" | "SCHEMA" {
  if (c.acceptWord("TABLE")) return "TABLE";
  if (c.acceptWord("VIEW") || c.acceptWord("MATERIALIZED", "VIEW")) return "VIEW";
  if (c.acceptWord("SCHEMA")) return "SCHEMA";
  throw notSupported(`ALTER ${c.peek().text.toUpperCase()}`);
}

function parseAction(c: Cursor): AlterAction {
  const { pos } = c;
  if (c.acceptWord("SET", "OPTIONS")) {
    c.at--;
    return { k: "options", options: parseOptions(c) };
  }
  if (c.acceptWord("ADD", "COLUMN")) return addColumn(c);
  if (c.acceptWord("DROP", "COLUMN")) {
    const ifExists = c.acceptWord("IF", "EXISTS");
    return { k: "dropColumn", name: c.identifier(), ifExists };
  }
  if (c.acceptWord("RENAME", "COLUMN")) {
    const ifExists = c.acceptWord("IF", "EXISTS");
    const from = c.identifier();
    c.expectWord("TO");
    return { k: "renameColumn", from, to: c.identifier(), ifExists };
  }
  if (c.acceptWord("RENAME", "TO")) return { k: "rename", to: c.identifier() };
  if (c.acceptWord("ALTER", "COLUMN")) return alterColumn(c);
  if (c.acceptWord("DROP", "PRIMARY", "KEY")) {
    return { k: "dropPrimaryKey", ifExists: c.acceptWord("IF", "EXISTS"), pos };
  }
  if (c.isWord("ADD") && ["PRIMARY", "FOREIGN", "CONSTRAINT"].some((word) => c.isWord(word, 1))) {
    c.next();
    return { k: "addKey", key: parseKey(c) };
  }
  throw notSupported(
    `ALTER TABLE … ${c.peek().text.toUpperCase()} ${c.peek(1).text.toUpperCase()}`,
  );
}

function addColumn(c: Cursor): AlterAction {
  const ifNotExists = c.acceptWord("IF", "NOT", "EXISTS");
  const keys: TableKey[] = [];
  const column = parseColumn(c, keys);
  if (keys.length > 0) throw notSupported("ADD COLUMN with a key");
  if (column.default) throw notSupported("ADD COLUMN with DEFAULT");
  return { k: "addColumn", column, ifNotExists };
}

function alterColumn(c: Cursor): AlterAction {
  const ifExists = c.acceptWord("IF", "EXISTS");
  const name = c.identifier();
  if (c.acceptWord("DROP", "NOT", "NULL")) return { k: "dropNotNull", name, ifExists };
  if (c.acceptWord("SET", "DATA", "TYPE")) {
    return { k: "setType", name, type: parseType(c), ifExists };
  }
  if (c.acceptWord("SET", "OPTIONS")) {
    c.at--;
    return { k: "columnOptions", name, options: parseOptions(c), ifExists };
  }
  if (c.acceptWord("SET", "DEFAULT")) {
    return { k: "setDefault", name, value: parseDefault(c), ifExists };
  }
  if (c.acceptWord("DROP", "DEFAULT")) return { k: "setDefault", name, value: null, ifExists };
  throw notSupported("ALTER COLUMN with COLLATE");
}
