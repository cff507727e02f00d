import { expect, test } from "vitest";
import { insertTableRuns, type NewTableRun } from "../../../server/db/run-assembly.ts";
import type { Transition } from "../../../server/db/transition.ts";

/** The ids that each statement stores, and its length, for table runs with queries so long. */
async function partsOf(count: number, queryLength: number) {
  const parts: { ids: number[]; characters: number }[] = [];
  const query = (_name: string, _text: string, [, batch]: unknown[]) => {
    const ids = (JSON.parse(String(batch)) as { id: number }[]).map(({ id }) => id);
    parts.push({ ids, characters: String(batch).length });
    return Promise.resolve([]);
  };
  const definition = { query: "x".repeat(queryLength) };
  const rows = Array.from({ length: count }, (_, id) => ({ id, definition }));
  const transition = { query } as unknown as Transition;
  await insertTableRuns(transition, 1, rows as unknown as NewTableRun[]);
  expect(parts.flatMap(({ ids }) => ids)).toEqual(rows.map(({ id }) => id));
  return parts;
}

test("table runs with long queries are stored some at a time, below what PostgreSQL takes", async () => {
  const parts = await partsOf(70, 1_000_000);
  expect(parts.map(({ ids }) => ids.length)).toEqual([31, 31, 8]);
  for (const { characters } of parts) expect(characters).toBeLessThan(85_000_000);
});

test("the others in hundreds", async () => {
  expect((await partsOf(1_200, 10)).map(({ ids }) => ids.length)).toEqual([500, 500, 200]);
  expect(await partsOf(0, 10)).toEqual([]);
});
