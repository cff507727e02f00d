/** Calls that one request to the API may carry: each costs what it would cost alone. */
export const maxBatchedCalls = 20;

/** Calls whose input is a whole definition or more: queries too travel as POST, as it is too long for a URL. */
export const longInputs: ReadonlySet<string> = new Set([
  "tables.dryRun",
  "tables.plan",
  "tables.query",
  "tables.planFiles",
  "history.query",
]);
