import { afterAll, beforeAll, expect, test } from "vitest";
import { createDuckCatalog, type DuckCatalog } from "../support/duck-catalog.ts";

let duck: DuckCatalog;
beforeAll(async () => {
  duck = await createDuckCatalog();
});
afterAll(() => duck.close());

async function answer(expression: string): Promise<unknown> {
  return (await duck.run(`SELECT ${expression}`)).rows[0]?.[0];
}

test("an hour that happens twice is its first time, and is truncated to itself", async () => {
  const first = 1_730_611_800n;
  const seconds = async (moment: string) => BigInt(`${await answer(`UNIX_SECONDS(${moment})`)}`);
  expect(await seconds("TIMESTAMP '2024-11-03 01:30:00 America/New_York'")).toBe(first);
  expect(
    await seconds("PARSE_TIMESTAMP('%Y-%m-%d %H:%M', '2024-11-03 01:30', 'America/New_York')"),
  ).toBe(first);
  expect(
    await seconds("TIMESTAMP_TRUNC(TIMESTAMP '2024-11-03 06:30:00+00', HOUR, 'America/New_York')"),
  ).toBe(first + 1_800n);
});

test.each([
  "SAFE_CAST('24-1-5' AS DATE)",
  "SAFE_CAST('124-01-05' AS DATE)",
  "SAFE_CAST('24:00:00' AS TIME)",
  "SAFE_CAST('2024-01-05 24:00:00' AS DATETIME)",
  "SAFE_CAST('24-01-05 00:00:00' AS TIMESTAMP)",
])("%s is NULL", async (expression) => {
  expect(await answer(`${expression} IS NULL`)).toBe(true);
});

test.each([
  "SAFE_CAST('0x1F' AS INT64)",
  "SAFE_CAST('1e3' AS NUMERIC)",
  "SAFE_CAST('2024-01-05 10:00:60' AS DATETIME)",
  "SAFE_CAST('2024-01-05 10:00:00+5' AS TIMESTAMP)",
  "SAFE_CAST('2024-01-05 10:00:00 America/New_York' AS TIMESTAMP)",
])("%s is refused by name, and never NULL", async (expression) => {
  await expect(answer(expression)).rejects.toThrow(
    /not supported by the local warehouse: a cast of/,
  );
});

test.each([
  ["SAFE_CAST('2024-01-05 10:00:00+05' AS TIMESTAMP)", "2024-01-05 05:00:00+00"],
  ["SAFE_CAST('2024-01-05T10:00:00Z' AS TIMESTAMP)", "2024-01-05 10:00:00+00"],
  ["SAFE_CAST('2024-1-5' AS TIMESTAMP)", "2024-01-05 00:00:00+00"],
])("%s is %s", async (expression, text) => {
  expect(await answer(`CAST(${expression} AS STRING)`)).toBe(text);
});
