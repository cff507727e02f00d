import type { RunSelection } from "../../shared/run.ts";

/** These tables alone. */
export function chooseTables(ids: Iterable<number>): RunSelection {
  return { kind: "tables", tableIds: [...ids], withAncestors: false, withDescendants: false };
}

/** Who acts in tests that are not about that. */
export const nobody = { userId: null, name: "test" };
