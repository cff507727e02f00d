import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDuckCatalog, type DuckCatalog } from "../support/duck-catalog.ts";
import { fixtureFiles, judge, readFixtures } from "../support/googlesql-fixtures.ts";
import { count, emptyTally, listText, type Tally } from "../support/googlesql-list.ts";

/**
 * How many of each file's queries the local warehouse answers as BigQuery does. The rest it refuses;
 * the numbers only grow.
 */
const answered: Record<string, number> = {
  "aggregates.json": 50,
  "aggregates-of-rows.json": 47,
  "bignumeric.json": 335,
  "bits.json": 63,
  "bytes.json": 170,
  "casts.json": 119,
  "date-edges.json": 212,
  "dates.json": 276,
  "errors.json": 2,
  "expressions.json": 173,
  "grouping-and-joins.json": 56,
  "hashes.json": 46,
  "interval.json": 296,
  "json.json": 106,
  "json-mutation.json": 300,
  "literals.json": 132,
  "math.json": 94,
  "more-functions.json": 155,
  "net.json": 68,
  "not-a-number.json": 23,
  "numbers.json": 320,
  "pipes.json": 77,
  "queries.json": 128,
  "random-queries.json": 391,
  "range.json": 112,
  "regexps.json": 60,
  "strings.json": 182,
  "sweep-casts.json": 235,
  "sweep-dates.json": 410,
  "sweep-tables.json": 174,
  "sweep-values.json": 2362,
  "sweep-windows.json": 330,
  "time-zones.json": 104,
  "unicode.json": 180,
  "windows.json": 33,
  "windows-of-rows.json": 39,
};

/** Errors that name no missing construct, where BigQuery answers: they only become fewer. */
const unnamed: Record<string, number> = {
  "date-edges.json": 2,
  "sweep-dates.json": 1,
  "sweep-values.json": 1,
};

let duck: DuckCatalog;
const tallies = new Map<string, Tally>();

beforeAll(async () => {
  duck = await createDuckCatalog();
});

afterAll(() => duck.close());

describe("the reference implementation's answers", () => {
  it.each(fixtureFiles())("%s: the same, or a refusal", async (file) => {
    const different: unknown[] = [];
    const failed: unknown[] = [];
    const tally = emptyTally();
    tallies.set(file, tally);
    for (const fixture of readFixtures(file)) {
      const verdict = await judge(duck, fixture);
      count(tally, verdict);
      if (verdict.kind === "failed") failed.push({ ...fixture, ours: verdict.ours });
      if (verdict.kind === "different") different.push({ ...fixture, ours: verdict.ours });
    }
    expect(different).toEqual([]);
    expect(failed.length, JSON.stringify(failed)).toBeLessThanOrEqual(unnamed[file] ?? 0);
    expect(tally.equal).toBeGreaterThanOrEqual(answered[file] ?? 1);
  });

  /** Out of date: run `node test/fixtures/googlesql/make-list.ts`. */
  it("docs/local-cloud-sql.md lists what is refused, and nothing else", () => {
    const page = join(import.meta.dirname, "../../docs/local-cloud-sql.md");
    const listed = (text: string) => text.split("\n").filter((line) => /^(- `|### )/.test(line));
    expect(listed(readFileSync(page, "utf8"))).toEqual(listed(listText(tallies)));
  });
});
