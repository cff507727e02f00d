import { describe, expect, test } from "vitest";
import { tokenize } from "../../../server/domain/table-references/lexer.ts";
import { scanReferences } from "../../../server/domain/table-references/scan-references.ts";
import { referenceCases } from "./cases.ts";

/** Seeded, so that a failure is the same failure tomorrow. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

const snippets =
  "( ) [ ] < > , ; . ` ' \" ''' \"\"\" /* */ -- # @{ } |> => * FROM JOIN SELECT WITH AS UNNEST ARRAY< STRUCT< TABLE WHERE UNION ALL USING BEGIN THEN END MERGE CREATE TEMP TABLE \\ \n \u0000 \uD800 x.y".split(
    " ",
  );

/** Deletes, doubles, swaps and inserts pieces. */
function mutate(sql: string, random: () => number): string {
  let text = sql;
  for (let times = 1 + Math.floor(random() * 4); times > 0; times -= 1) {
    const at = Math.floor(random() * (text.length + 1));
    const to = Math.min(text.length, at + Math.floor(random() * 12));
    const kind = random();
    if (kind < 0.3) text = text.slice(0, at) + text.slice(to);
    else if (kind < 0.5) text = text.slice(0, to) + text.slice(at);
    else if (kind < 0.6) text = text.slice(at) + text.slice(0, at);
    else {
      const snippet = snippets[Math.floor(random() * snippets.length)] ?? "";
      text = `${text.slice(0, at)} ${snippet} ${text.slice(at)}`;
    }
  }
  return text;
}

test("20,000 mutations of the corpus: an answer each, the same twice, sorted, of names alone", () => {
  const random = randomFrom(42);
  for (let round = 0; round < 20_000; round += 1) {
    const each = referenceCases[Math.floor(random() * referenceCases.length)];
    const text = mutate(each?.sql ?? "", random);
    const options = { legacySql: random() < 0.2 };
    const names = scanReferences(text, options);
    expect(names).toEqual([...new Set(names)].sort());
    expect(scanReferences(text, options)).toEqual(names);
    for (const name of names) expect(text.replaceAll(/\s|`/g, "")).toContain(lastPart(name));
  }
});

/** What must stand in the text as it is, whatever was between the parts. */
function lastPart(name: string): string {
  return (name.replace(/\*$/, "").split(".").at(-1) ?? "").replaceAll(/\s|`/g, "");
}

describe("whatever is appended in a comment or wrapped around changes nothing", () => {
  const standard = referenceCases.filter(({ legacy, sql }) => !legacy && !sql.startsWith("#"));
  test.each(standard)("$name", ({ sql, sources }) => {
    const scan = (text: string) => scanReferences(text, { legacySql: false });
    expect(scan(`${sql}\n-- FROM x.comment\n/* JOIN x.comment */`)).toEqual(sources);
    expect(scan(`/* WITH a AS (SELECT 1) */ ${sql}`)).toEqual(sources);
    expect(scan(`${sql}\n; SELECT 1`)).toEqual(sources);
    expect(scan(`SELECT 'a'; ${sql}`)).toEqual(sources);
  });
});

/** A text of about `size` characters made of one repeated piece. */
const long = (piece: string, size: number, end = "") => piece.repeat(size / piece.length) + end;

const pathological: Record<string, (size: number) => string> = {
  "nested parentheses": (size) =>
    `SELECT * FROM ${long("(", size)}SELECT 1 FROM s.a${long(")", size)}`,
  "parentheses never closed": (size) => long("SELECT * FROM (", size),
  "parentheses never opened": (size) => long(") FROM s.a", size),
  "nested queries": (size) => long("(SELECT * FROM s.a, (SELECT x FROM ", size),
  "nested with clauses": (size) =>
    long("(WITH a AS (SELECT 1 FROM a), b AS (SELECT 2 FROM a)", size),
  "one long with clause": (size) =>
    `WITH ${long("a AS (SELECT * FROM a), ", size)} b AS (SELECT 1) SELECT 1`,
  "recursive with clauses": (size) => long("WITH RECURSIVE a AS (SELECT 1), b AS (", size),
  "many aliases": (size) =>
    `SELECT 1 FROM ${long("s.a AS x, x.y, (SELECT 1 FROM x.z), ", size)} s.b`,
  "correlated levels": (size) => long("SELECT (SELECT 1 FROM x.y, s.a AS x WHERE ", size),
  "open quotes": (size) => long("' \" ` ", size),
  "open triple quotes": (size) => long("'''a", size),
  "open comments": (size) => long("/* ", size),
  "open types": (size) => long("ARRAY<STRUCT<", size),
  "open hints": (size) => long("@{", size),
  "open brackets": (size) => long("FROM [", size),
  dots: (size) => `SELECT 1 FROM a${long(".b", size)}`,
  dashes: (size) => `SELECT 1 FROM a${long("-b", size)}`,
  statements: (size) => long("CREATE TEMP TABLE t AS SELECT 1; ", size),
  scripts: (size) => long("IF a THEN BEGIN LOOP ", size),
  pipes: (size) => `FROM s.a ${long("|> JOIN s.b USING (i) ", size)}`,
  operators: (size) => `SELECT ${long("a + ", size)} 1 FROM s.a`,
  commas: (size) => `SELECT 1 FROM ${long(",", size)}`,
};

describe("a megabyte of anything is read, and in linear time", () => {
  test.each(Object.entries(pathological))("%s", (_name, make) => {
    const megabyte = make(1_000_000);
    expect(scanReferences(megabyte, { legacySql: false })).toBeInstanceOf(Array);
    expect(scanReferences(megabyte, { legacySql: true })).toBeInstanceOf(Array);
    // Each character belongs to one token at most, so that the scan's steps are bounded by them.
    const { starts, ends } = tokenize(megabyte, { legacySql: false });
    const isOrdered = starts.every((start, at) => start >= (ends[at - 1] ?? 0));
    expect(isOrdered).toBe(true);
  });
});
