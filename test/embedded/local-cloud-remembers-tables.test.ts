import { beforeEach, expect, test } from "vitest";
import { until } from "./support/local-cloud.ts";
import { restartedCloud } from "./support/restarted-cloud.ts";

const start = restartedCloud();
let cloud: Awaited<ReturnType<typeof start>>;

beforeEach(async () => {
  cloud = await start();
  await ask("CREATE SCHEMA d");
});

async function ask(query: string): Promise<Record<string, unknown>[]> {
  const [rows] = await cloud.bigquery.query(query);
  return rows as Record<string, unknown>[];
}

/** An instant that the last change lies before, and the next one behind. */
async function instant(): Promise<string> {
  const [{ now } = {}] = await ask("SELECT CAST(CURRENT_TIMESTAMP() AS STRING) AS now");
  const literal = `TIMESTAMP '${now}'`;
  await until(() => Date.now() > Date.parse(`${String(now).replace(" ", "T")}:00`) + 1);
  return literal;
}

const stateOf = (table: string, at: string) =>
  ask(
    `SELECT TO_JSON_STRING(t) AS row FROM ${table} AS t FOR SYSTEM_TIME AS OF ${at} ORDER BY row`,
  );

/** Carries out the changes and answers, for the instant after each, what the table held. */
async function history(table: string, changes: (() => Promise<unknown>)[]) {
  const states: { at: string; rows: unknown[] }[] = [];
  for (const change of changes) {
    await change();
    const rows = await ask(`SELECT TO_JSON_STRING(t) AS row FROM ${table} AS t ORDER BY row`);
    states.push({ at: await instant(), rows });
  }
  return states;
}

test("a table is read as it was after each of its changes, also when the warehouse was killed in between", async () => {
  const t = "d.changing";
  const changes = [
    "CREATE TABLE d.changing (id INT64, name STRING)",
    "INSERT d.changing VALUES (1, 'a'), (2, 'b')",
    "INSERT d.changing VALUES (3, 'c')",
    "UPDATE d.changing SET name = 'z' WHERE id = 2",
    "INSERT d.changing VALUES (4, 'd')",
    "ALTER TABLE d.changing ADD COLUMN more FLOAT64",
    "DELETE FROM d.changing WHERE id = 1",
    "MERGE d.changing t USING (SELECT 3 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET more = 1.5",
    "ALTER TABLE d.changing RENAME COLUMN name TO title",
    "ALTER TABLE d.changing SET OPTIONS (description = 'told')",
    "BEGIN TRANSACTION; INSERT d.changing (id) VALUES (9); DELETE FROM d.changing WHERE id = 4; COMMIT TRANSACTION",
    "TRUNCATE TABLE d.changing",
    "CREATE OR REPLACE TABLE d.changing AS SELECT 7 AS other",
  ].map((sql) => () => ask(sql));
  const states = await history(t, changes);
  const streamed = await history(t, [
    () =>
      cloud.bigquery
        .dataset("d")
        .table("changing")
        .insert([{ other: 8 }]),
  ]);
  const all = [...states, ...streamed];
  const read = () => Promise.all(all.map(({ at }) => stateOf(t, at)));
  expect(await read()).toEqual(all.map(({ rows }) => rows));
  await cloud.process.kill("SIGKILL");
  cloud = await start();
  expect(await read()).toEqual(all.map(({ rows }) => rows));
  expect(states.map(({ rows }) => rows.length)).toEqual([0, 2, 3, 3, 4, 4, 3, 3, 3, 3, 3, 0, 1]);
});
