/** BigQuery's reasons that are about the account, the project or the moment. */
const otherReasons = new Set([
  "accessDenied",
  "forbidden",
  "authError",
  "billingNotEnabled",
  "quotaExceeded",
  "rateLimitExceeded",
  "userRateLimitExceeded",
  "jobRateLimitExceeded",
  "backendError",
  "internalError",
  "jobBackendError",
  "jobInternalError",
  "tableUnavailable",
  "stopped",
  "timeout",
  "conflict",
  "duplicate",
  // Maestro's own: it is not known how the job ended.
  "jobLost",
  "jobUnread",
  "internal",
]);

/** The status of an answer that named no reason. */
const otherStatuses = /^(401|403|408|409|429|5\d\d)$/;

/**
 * Whether a load that failed for this reason needs other files: for any that is not known to pass with
 * the same ones. Those whose files were good after all name them again, and have lost nothing.
 */
export function blamesFiles(reason: string): boolean {
  return !(otherReasons.has(reason) || otherStatuses.test(reason));
}
