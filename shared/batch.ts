/** Calls that one request to the API may carry: each costs what it would cost alone. */
export const maxBatchedCalls = 20;

/** Queries whose input is a whole definition or more: too long for a URL, they travel as POST. */
export const longInputs: ReadonlySet<string> = new Set([
  "tables.dryRun",
  "tables.plan",
  "tables.query",
  "tables.planFiles",
]);
