import { test } from "vitest";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { until } from "../support/until.ts";
import { checkHistory, type Daemons, kill, runEnded, withDaemons } from "./engine-daemons.ts";

/*
 * The engine of 0.1.0, as it shipped, beside today's: on its own schema first, which is brought up to
 * date under it while a run is in progress. docs/upgrades.md promises what is held here.
 */
const engineOf010 = new URL("../fixtures/engines/0.1.0.mjs", import.meta.url);
const timeoutMs = 120_000;

/** Four levels of three tables, each of which reads two of the level above. */
const graph = Array.from({ length: 12 }, (_, index) => {
  const level = Math.floor(index / 3);
  const above = (offset: number) => `t${(level - 1) * 3 + ((index + offset) % 3)}`;
  return { name: `t${index}`, parents: level === 0 ? [] : [above(0), above(1)].sort() };
});

/** By SQL that any schema bears: today's code knows columns that are not there yet. */
async function insertTicking({ deps: { pool } }: Daemons): Promise<void> {
  const insert = async (text: string, values: unknown[] = []) =>
    (await pool.query<{ id: string }>(`${text} returning id`, values)).rows[0]?.id;
  const datasetId = await insert("insert into datasets (name) values ('d')");
  const frequencyId = await insert(
    "insert into frequencies (name, period_seconds, active) values ('f', 86400, false)",
  );
  for (const { name, parents } of graph) {
    const tableId = await insert(
      `insert into tables (dataset_id, name, kind, query, frequency_id)
       values ($1, $2, 'summary', 'select 1 as one', $3)`,
      [datasetId, name, frequencyId],
    );
    for (const parent of parents) {
      await pool.query(
        `insert into table_references (table_id, source, dataset, name, found_by)
         values ($1, $2, 'd', $3, '{ast}')`,
        [tableId, `d.${parent}`, parent],
      );
    }
  }
  await pool.query("update frequencies set active = true, effective_from = to_timestamp(0)");
}

function hasBegun(daemons: Daemons, { name, level }: { name: string; level: number }) {
  return until(`${name} has begun level ${level}`, async () => {
    const { rows } = await daemons.deps.pool.query(
      `select 1 from moves m join table_runs t on t.id = m.table_run_id
       where m.application_name = $1 and m.new_state = 'running' and t.definition ->> 'name' = $2`,
      [name, `t${level * 3}`],
    );
    return rows.length > 0;
  });
}

/** Lets no job of a level be submitted before it is opened. */
function holdLevels({ warehouse }: Daemons): { open(level: number): void } {
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  warehouse.intercept = async ({ kind, phase, job }) => {
    const index = /^d\.t(\d+)/.exec(job)?.[1];
    if (kind === "insert" && phase === "before") {
      await gates[Math.floor(Number(index) / 3)]?.promise;
    }
    return null;
  };
  return { open: (level) => gates[level]?.resolve() };
}

test(
  "the schema is brought up to date under a run of 0.1.0, and both versions work it off, killed in turn",
  () =>
    withDaemons(
      async (daemons) => {
        const levels = holdLevels(daemons);
        await insertTicking(daemons);
        const old = await daemons.start("old", engineOf010);
        levels.open(0);
        await hasBegun(daemons, { name: "old", level: 1 });

        await migrateDatabase(daemons.connectionString);
        const today = await daemons.start("today");
        await kill(old, "SIGKILL");
        levels.open(1);
        await hasBegun(daemons, { name: "today", level: 2 });

        await daemons.start("old again", engineOf010);
        await kill(today, "SIGKILL");
        levels.open(2);
        await hasBegun(daemons, { name: "old again", level: 3 });

        await daemons.start("today again");
        levels.open(3);
        await runEnded(daemons, 1);
        await checkHistory(daemons, graph);
      },
      { schema: "first" },
    ),
  timeoutMs,
);
