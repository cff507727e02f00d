import { afterAll, describe, expect, test } from "vitest";
import { createSqlParser } from "../../server/connectors/sql-parser.ts";
import { referenceCases } from "../domain/table-references/cases.ts";

const parser = createSqlParser();
afterAll(() => parser.close());

/** Where the parser itself misreads BigQuery's lexical rules: what its AST then names. */
const misread: Record<string, string[]> = {
  // It nests block comments.
  "strings: block comments do not nest": [],
  // It ends line comments at a newline alone.
  "strings: comment ended by a carriage return": [],
  // It takes the name for the keyword.
  "ctes: named recursive": ["recursive", "s.a"],
};

describe("the parser's AST, where there is one, names the same tables as the scanner", () => {
  test.each(referenceCases)("$name", async ({ name, sql, sources, legacy }) => {
    const { ast, astError, scanner } = await parser.references(sql, { legacySql: legacy ?? false });
    expect(scanner).toEqual(sources);
    if (ast === null) expect(astError).not.toBeNull();
    else expect(ast).toEqual(misread[name] ?? sources);
  });
});
