/** Calls that one request to the API may carry: each costs what it would cost alone. */
export const maxBatchedCalls = 20;
