import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type pg from "pg";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import type { ExportWork } from "./export-work.ts";
import { copyIn } from "./postgres-copy-in.ts";
import { finishLike } from "./postgres-target-finish.ts";
import { createLike, createTable } from "./postgres-target-like.ts";
import { type PostgresTarget, readTarget } from "./postgres-target-table.ts";

/*
 * A new table takes the place of the old one, in one transaction that nobody sees before its commit:
 *
 *   create beside → COPY → indexes, keys, comments, grants, owner → lock the old one → drop it →
 *   rename the new one and its indexes
 *
 * The old table is locked at the very end, for as long as names change. The lock is waited for in short
 * turns, because everybody queues behind whoever waits for it. A crash at any point rolls all of it
 * back. What the table has beside its rows is taken over; what cannot be (`holdfasts`) makes the export
 * write into the old table instead.
 */

const lockTries = 60;

export async function replaceBySwap(
  client: pg.Client,
  work: ExportWork,
  plan: { schema: string; name: string; target: PostgresTarget | null },
): Promise<{ rows: number; bytes: number; statement: string }> {
  const { schema, name, target } = plan;
  const { exporter, tableRunId, fence } = work.claim;
  const besideName = `maestro_${exporter}_${tableRunId}_${fence}`;
  const beside = `${quoteName(schema)}.${quoteName(besideName)}`;
  const { written: columns, renames } = target
    ? await createLike(client, work, target, beside)
    : { written: await createTable(client, work, beside, []), renames: [] };
  const done = await copyIn(client, work, { table: beside, columns, isNew: true });
  if (target) renames.push(...(await finishLike(client, target, { schema, name: besideName })));
  await client.query(`analyze ${beside}`);
  await work.confirm();
  if (target) await dropOld(client, work, target, beside);
  await client.query(`alter table ${beside} rename to ${quoteName(name)}`);
  for (const { from, to } of renames) {
    await client.query(
      `alter table ${quoteName(schema)}.${quoteName(from)} rename to ${quoteName(to)}`,
    );
  }
  return {
    ...done,
    statement: done.statement.replace(beside, `${quoteName(schema)}.${quoteName(name)}`),
  };
}

/** Throws a `database` error where the old table is not any more what was taken over. */
async function dropOld(
  client: pg.Client,
  work: ExportWork,
  target: PostgresTarget,
  beside: string,
): Promise<void> {
  const old = `${quoteName(target.schema)}.${quoteName(target.name)}`;
  await client.query("set local lock_timeout = '1s'");
  for (let tries = 1; ; tries += 1) {
    work.signal.throwIfAborted();
    await client.query("savepoint swap");
    try {
      await client.query(`lock table ${old} in access exclusive mode`);
      break;
    } catch (error) {
      await client.query("rollback to savepoint swap");
      const isBusy = error instanceof Error && "code" in error && error.code === "55P03";
      if (!isBusy) throw error;
      if (tries >= lockTries) throw stillRead(old);
      await delay(Math.min(100 * tries, 2_000), undefined, { signal: work.signal });
    }
  }
  const now = await readTarget(client, target.schema, target.name);
  // The sequences that were taken over depend on the old table no more; all else is as it was.
  if (!isDeepStrictEqual(now, target)) {
    throw new MaestroError("database", `${old} was altered while ${beside} was made`, {
      retryable: true,
    });
  }
  await client.query(`drop table ${old}`);
}

function stillRead(table: string): MaestroError {
  return new MaestroError(
    "database",
    `${table} is in use all the time: end the transactions that read it for minutes, and run the export again`,
    { retryable: true },
  );
}
