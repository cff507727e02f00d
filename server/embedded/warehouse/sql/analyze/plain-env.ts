import type { Env, Scope } from "./context.ts";

/** For an expression that is by itself: no aggregates, no windows, no aliases. */
export function plainEnv(scope: Scope, clause: string): Env {
  return { scope, clause, aggregates: false, windows: null, aliases: null };
}
