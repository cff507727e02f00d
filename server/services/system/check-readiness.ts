import { sql } from "drizzle-orm";
import type { Deps } from "../deps.ts";

export const readinessParts = ["postgres", "warehouse"] as const;
type Part = (typeof readinessParts)[number];

/** What work depends on: `ok` or `away`. Why it is away stands in the log alone: anybody may ask. */
export interface Readiness {
  ready: boolean;
  checks: Record<Part, "ok" | "away">;
}

/** However many ask, PostgreSQL and the warehouse are asked once in so long. */
const goodForMs = 3_000;
const timeoutMs = 3_000;

/**
 * Asks PostgreSQL and the warehouse something small; each has a few seconds. Who asks while that is
 * under way, or shortly after it, shares the answer.
 */
export function createReadinessCheck(
  deps: Pick<Deps, "db" | "warehouse" | "log" | "now">,
): () => Promise<Readiness> {
  let shared: { answer: Promise<Readiness>; endedAt: number | null } | undefined;
  return () => {
    const endedAt = shared?.endedAt ?? null;
    const isGood = endedAt === null || Math.abs(deps.now().getTime() - endedAt) < goodForMs;
    if (shared && isGood) return shared.answer;
    const asked: NonNullable<typeof shared> = { answer: checkReadiness(deps), endedAt: null };
    void asked.answer.finally(() => {
      asked.endedAt = deps.now().getTime();
    });
    shared = asked;
    return asked.answer;
  };
}

async function checkReadiness(deps: Pick<Deps, "db" | "warehouse" | "log">): Promise<Readiness> {
  const [postgres, warehouse] = await Promise.all([
    outcome(deps, "postgres", deps.db.execute(sql`select 1`)),
    // A table that is not there is an answer too.
    outcome(deps, "warehouse", deps.warehouse.getTable("maestro_readiness", "probe")),
  ]);
  return { ready: postgres === "ok" && warehouse === "ok", checks: { postgres, warehouse } };
}

async function outcome(
  { log }: Pick<Deps, "log">,
  part: Part,
  asked: PromiseLike<unknown>,
): Promise<"ok" | "away"> {
  const overdue = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => overdue.reject(new Error(`no answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  try {
    await Promise.race([asked, overdue.promise]);
    return "ok";
  } catch (error) {
    log.warn({ err: error, part }, "not ready: a part that work depends on is away");
    return "away";
  } finally {
    clearTimeout(timer);
  }
}
