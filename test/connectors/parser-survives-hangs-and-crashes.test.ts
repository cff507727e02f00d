import { expect, test } from "vitest";
import { createSqlParser, type SqlParser } from "../../server/connectors/sql-parser.ts";

const standard = { legacySql: false };

async function withParser(
  worker: string | null,
  use: (parser: SqlParser) => Promise<void>,
  threads = 1,
): Promise<void> {
  const workerUrl = worker === null ? {} : { workerUrl: new URL(worker, import.meta.url) };
  const parser = createSqlParser({ deadlineMs: 300, threads, ...workerUrl });
  try {
    await use(parser);
  } finally {
    await parser.close();
  }
}

const troubled = "./fixtures/troubled-parser.worker.ts";

test("an SQL that hangs the parser is answered by the scanner, and what waited behind it by the parser", () =>
  withParser(troubled, async (parser) => {
    const slow = parser.references("HANG SELECT 1 FROM s.a", standard);
    const others = Array.from({ length: 40 }, (_, at) =>
      parser.references(`SELECT ${at}`, standard),
    );
    expect(await slow).toEqual({
      ast: null,
      astError: "it took longer than 300 ms",
      scanner: ["s.a"],
    });
    for (const other of others) expect((await other).ast).toEqual(["from.ast"]);
  }));

test("an SQL that kills the parser twice is answered by the scanner", () =>
  withParser(troubled, async (parser) => {
    const deadly = parser.references("DIE SELECT 1 FROM s.a", standard);
    const next = parser.references("SELECT 1", standard);
    expect(await deadly).toEqual({
      ast: null,
      astError: "the parser crashed on it",
      scanner: ["s.a"],
    });
    expect((await next).ast).toEqual(["from.ast"]);
  }));

test("many hanging and deadly ones among good ones all get their answers", () =>
  withParser(
    troubled,
    async (parser) => {
      const kinds = ["SELECT", "DIE SELECT", "SELECT", "HANG SELECT", "BREAK SELECT"];
      const answers = await Promise.all(
        Array.from({ length: 15 }, (_, at) =>
          parser.references(`${kinds[at % 5]} ${at} FROM s.a`, standard),
        ),
      );
      for (const [at, { ast, scanner }] of answers.entries()) {
        const isGood = [0, 2, 4].includes(at % 5);
        expect(isGood ? ast : scanner).toEqual(isGood ? ["from.ast"] : ["s.a"]);
      }
    },
    2,
  ));

test("a parser that cannot even start leaves the scanner's answers", () =>
  withParser("./fixtures/absent-parser.worker.ts", async (parser) => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, at) => parser.references(`SELECT ${at} FROM s.a`, standard)),
    );
    for (const { ast, astError, scanner } of answers) {
      expect({ ast, astError, scanner }).toEqual({
        ast: null,
        astError: "the parser does not start",
        scanner: ["s.a"],
      });
    }
  }));

test("calls for the same SQL share an answer; legacy SQL is another", () =>
  withParser(null, async (parser) => {
    const sql = "SELECT * FROM s.a";
    const first = parser.references(sql, standard);
    expect(parser.references(sql, standard)).toBe(first);
    expect(parser.references(sql, { legacySql: true })).not.toBe(first);
    expect(await first).toEqual({ ast: ["s.a"], astError: null, scanner: ["s.a"] });
    expect((await parser.references(sql, { legacySql: true })).ast).toBeNull();
  }));

test("SQL that the parser refuses gets its reason", () =>
  withParser(null, async (parser) => {
    const { ast, astError, scanner } = await parser.references("FROM s.a |> WHERE x", standard);
    expect(ast).toBeNull();
    expect(astError).toContain("line 1");
    expect(scanner).toEqual(["s.a"]);
  }));

test("statements that the parser only passes over do not count as read", () =>
  withParser(null, async (parser) => {
    const sql = "CREATE MODEL s.m OPTIONS (x = 'y') AS SELECT * FROM s.a";
    const { ast, scanner } = await parser.references(sql, standard);
    expect(ast).toBeNull();
    expect(scanner).toEqual(["s.a"]);
  }));

test("closing answers what still waits", async () => {
  const parser = createSqlParser({ workerUrl: new URL(troubled, import.meta.url), threads: 1 });
  const hanging = Array.from({ length: 40 }, (_, at) =>
    parser.references(`HANG SELECT ${at} FROM s.a`, standard),
  );
  await parser.close();
  hanging.push(parser.references("SELECT 1 FROM s.a -- after the end", standard));
  for (const each of hanging) {
    expect(await each).toEqual({
      ast: null,
      astError: "the parser was closed",
      scanner: ["s.a"],
    });
  }
});

test("what was cut short is tried again when it is asked again", () =>
  withParser(troubled, async (parser) => {
    const first = parser.references("HANG SELECT 1 FROM s.a", standard);
    await first;
    expect(parser.references("HANG SELECT 1 FROM s.a", standard)).not.toBe(first);
  }));
