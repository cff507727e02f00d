import type { Transition } from "./transition.ts";

/**
 * Locks the rows of these tables until the end of the transition, and answers which: those that
 * somebody else has locked are not waited for, or one who edits a table would hold up all runs.
 */
export async function lockFreeTables(
  transition: Transition,
  tableIds: number[],
): Promise<Set<number>> {
  const rows = await transition.query<{ id: number }>(
    "lock free tables",
    `select id::float8 as id from tables where id = any($1)
     order by id for no key update skip locked`,
    [tableIds],
  );
  return new Set(rows.map(({ id }) => id));
}
