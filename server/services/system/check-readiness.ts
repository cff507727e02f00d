import { sql } from "drizzle-orm";
import { messageOf } from "../../../shared/errors.ts";
import type { Deps } from "../deps.ts";

/** Each part that work depends on: `ok`, or why it is not. */
export interface Readiness {
  ready: boolean;
  checks: { postgres: string; warehouse: string };
}

/** Asks PostgreSQL and the warehouse something small; each has a few seconds. */
export async function checkReadiness(
  deps: Pick<Deps, "db" | "warehouse">,
  timeoutMs = 3_000,
): Promise<Readiness> {
  const [postgres, warehouse] = await Promise.all([
    outcome(deps.db.execute(sql`select 1`), timeoutMs),
    // A table that is not there is an answer too.
    outcome(deps.warehouse.getTable("maestro_readiness", "probe"), timeoutMs),
  ]);
  return { ready: postgres === "ok" && warehouse === "ok", checks: { postgres, warehouse } };
}

async function outcome(asked: PromiseLike<unknown>, timeoutMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
  });
  try {
    return await Promise.race([
      Promise.resolve(asked).then(
        () => "ok",
        (error: unknown) => messageOf(error),
      ),
      tooLate,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
