import { expect, test } from "vitest";
import { compareRuns } from "../../server/domain/compare-runs.ts";

const at = (second: number) => new Date(second * 1000).toISOString();
const mebibyte = 2 ** 20;

function ran(
  tableName: string,
  more: { took?: number; bytes?: number; rows?: number | null } = {},
) {
  const { took = 10, bytes = 100 * mebibyte, rows = 1000 } = more;
  return {
    id: tableName.length,
    tableId: [...tableName].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7),
    tableName,
    kind: "summary" as const,
    state: "succeeded" as const,
    startedAt: at(0),
    endedAt: at(took),
    bytesBilled: bytes,
    rowCount: rows,
  };
}
const changesOf = (...runs: Parameters<typeof compareRuns>) =>
  compareRuns(...runs).map(({ tableName, changes }) => [tableName, ...changes]);

test("what came, went, broke and mended is told, the worst first", () => {
  const failed = { state: "failed" as const };
  const now = [ran("d.same"), ran("d.new"), { ...ran("d.broke"), ...failed }, ran("d.mended")];
  const before = [ran("d.same"), ran("d.gone"), ran("d.broke"), { ...ran("d.mended"), ...failed }];
  expect(changesOf(now, before)).toEqual([
    ["d.broke", "broke"],
    ["d.gone", "gone"],
    ["d.new", "new"],
    ["d.mended", "mended"],
    ["d.same"],
  ]);
});

test("durations, bytes and rows count where they differ by more than they do without a cause", () => {
  const before = [ran("d.t")];
  expect(
    changesOf([ran("d.t", { took: 11.5, bytes: 115 * mebibyte, rows: 1100 })], before),
  ).toEqual([["d.t"]]);
  expect(changesOf([ran("d.t", { took: 13, bytes: 130 * mebibyte, rows: 1300 })], before)).toEqual([
    ["d.t", "slower", "dearer", "rows"],
  ]);
  expect(changesOf([ran("d.t", { took: 5, bytes: 10 * mebibyte })], before)).toEqual([
    ["d.t", "faster", "cheaper"],
  ]);
  // A fifth of very little is nothing.
  expect(
    changesOf([ran("d.t", { took: 0.4, bytes: 2 })], [ran("d.t", { took: 0.1, bytes: 1 })]),
  ).toEqual([["d.t"]]);
});

test("what is under way is not held against what has ended", () => {
  const running = { ...ran("d.t"), state: "running" as const, endedAt: null, rowCount: null };
  const [table] = compareRuns([running], [ran("d.t")]);
  expect(table).toMatchObject({ changes: [], now: { tookMs: null }, before: { tookMs: 10_000 } });
});
