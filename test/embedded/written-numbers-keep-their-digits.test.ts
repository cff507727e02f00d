import { afterAll, expect, test } from "vitest";
import { startTestCloud } from "./support/local-cloud.ts";

const cloud = await startTestCloud();
afterAll(() => cloud.stop());

async function texts(sql: string): Promise<(string | null)[]> {
  const [rows] = await cloud.bigquery.query(sql);
  return (rows as Record<string, unknown>[]).flatMap((row) =>
    Object.values(row).map((value) => (value === null ? null : String(value))),
  );
}

test("a written number becomes the NUMERIC of its digits, not of the nearest double", async () => {
  await cloud.bigquery.query("CREATE TABLE d.money (n NUMERIC)");
  await cloud.bigquery.query(
    "INSERT d.money VALUES (1234567890123.45), (98765432109876.54), (-9999999999999.99)",
  );
  expect(await texts("SELECT n FROM d.money ORDER BY n")).toEqual([
    "-9999999999999.99",
    "1234567890123.45",
    "98765432109876.54",
  ]);
  expect(await texts("SELECT COUNT(*) FROM d.money WHERE n = 1234567890123.45")).toEqual(["1"]);
  expect(await texts("SELECT NUMERIC '0' + 1.2345678901e12")).toEqual(["1234567890100"]);
  expect(
    await texts(
      "SELECT CAST(123456789.123456789 AS NUMERIC), SAFE_CAST(99999999999999999999.99 AS NUMERIC)",
    ),
  ).toEqual(["123456789.123456789", "99999999999999999999.99"]);
});

test("digits that are known go through pipes", async () => {
  expect(await texts("FROM (SELECT NUMERIC '1.5' AS a) |> WHERE a > 1 |> SELECT a * 2")).toEqual([
    "3",
  ]);
  const grouped =
    "FROM (SELECT 1 AS g, NUMERIC '1.5' AS a) |> AGGREGATE SUM(a) AS s GROUP BY g |> EXTEND s + 1 AS t |> SELECT s * 2, t";
  expect(await texts(grouped)).toEqual(["3", "2.5"]);
});
