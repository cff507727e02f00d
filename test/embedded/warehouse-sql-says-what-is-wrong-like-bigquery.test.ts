import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDuckCatalog, type DuckCatalog } from "../support/duck-catalog.ts";
import { fixtureFiles, judge, readFixtures } from "../support/googlesql-fixtures.ts";

/** How many errors of the analysis are the reference's word for word, position and all. Only grows. */
const sameSentences = 1310;

let duck: DuckCatalog;

beforeAll(async () => {
  duck = await createDuckCatalog();
});

afterAll(() => duck.close());

const place = / at \[\d+:\d+\]$/;

/** The reference reads one statement, BigQuery a script; the position stands in other brackets. */
function inBigQuerysWords(error: string): string {
  return error
    .replace(/ \[at (\d+:\d+)\]$/, " at [$1]")
    .replace("end of statement", "end of script");
}

describe("errors that the analysis finds", () => {
  it("are those of the reference implementation, and stand where it says", async () => {
    const misplaced: unknown[] = [];
    let same = 0;
    for (const fixture of fixtureFiles().flatMap(readFixtures)) {
      const expected = inBigQuerysWords(fixture.error ?? "");
      if (!place.test(expected)) continue;
      const verdict = await judge(duck, fixture);
      if (verdict.kind !== "bothFail") continue;
      if (verdict.ours === expected) same++;
      else if (verdict.ours.replace(place, "") === expected.replace(place, ""))
        misplaced.push({ sql: fixture.sql, expected, ours: verdict.ours });
    }
    expect(misplaced).toEqual([]);
    expect(same).toBeGreaterThanOrEqual(sameSentences);
  });
});
