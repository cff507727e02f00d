import { explain, isRetryable, translateError } from "../../server/connectors/bigquery-errors.ts";

/** `end`: not of a call, but of the job itself. `none`: there was no answer. */
type Where = number | "end" | "none";

/** A fault as BigQuery puts it, for docs/jobs.md. */
const faults: [where: Where, reason: string, message: string][] = [
  ["none", "ECONNRESET", "read ECONNRESET"],
  [503, "backendError", "Error encountered during execution."],
  [500, "internalError", "An internal error occurred."],
  [502, "", "Bad Gateway"],
  [429, "rateLimitExceeded", "Exceeded rate limits: too many api requests per user."],
  [403, "userRateLimitExceeded", "User rate limit exceeded."],
  ["end", "backendError", "Error encountered during execution."],
  ["end", "internalError", "An internal error occurred."],
  ["end", "jobBackendError", "The job failed and may be retried."],
  ["end", "jobInternalError", "The job failed and may be retried."],
  ["end", "jobRateLimitExceeded", "Exceeded rate limits: too many table update operations."],
  ["end", "tableUnavailable", "Table p:shop.orders is temporarily unavailable."],
  ["end", "invalid", "The job encountered an error. Retrying the job may solve the problem."],
  ["end", "invalidQuery", "Could not serialize access to table p:shop.orders."],
  [401, "authError", "Invalid Credentials"],
  [403, "accessDenied", "Access Denied: Project p: lacks bigquery.jobs.create permission."],
  ["end", "accessDenied", "Access Denied: Table p:shop.orders: not allowed to query it."],
  [403, "billingNotEnabled", "Billing has not been enabled for this project."],
  [403, "quotaExceeded", "Quota exceeded: Your project exceeded quota for concurrent queries."],
  ["end", "quotaExceeded", "Custom quota exceeded: quota for Query usage per day."],
  [400, "invalidQuery", "Syntax error: Unexpected keyword FROM at [3:5]"],
  ["end", "invalidQuery", "Division by zero: 1 / 0"],
  ["end", "invalid", "Incompatible table partitioning specification."],
  ["end", "bytesBilledLimitExceeded", "Limit for bytes billed: 1. 10485760 or higher required."],
  ["end", "billingTierLimitExceeded", "Query exceeded resource limits for its tier."],
  ["end", "resourcesExceeded", "Resources exceeded during query execution."],
  ["end", "responseTooLarge", "Response too large to return."],
  ["end", "notFound", "Not found: Table p:shop.orders"],
  ["end", "timeout", "Operation timed out after 6.0 hours."],
  ["end", "stopped", "Job execution was cancelled: User requested cancellation"],
];

/** The table of docs/jobs.md, by what the connector makes of each. */
export function jobFaultsTable(): string {
  const rows = faults.map(([where, reason, message]) => {
    const { retryable, text } = judge(where, reason, message);
    const shown = reason === "" ? "" : `\`${reason}\``;
    const again = retryable ? "yes" : "no";
    return `| ${where} | ${shown} | ${message} | ${again} | ${beside(message, text)} |`;
  });
  return [
    "| HTTP | Reason | BigQuery's words, for example | Tried again | What is told beside them |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function beside(message: string, text: string): string {
  return text.startsWith(message) ? text.slice(message.length).replace(/^ \((.*)\)$/, "$1") : text;
}

function judge(where: Where, reason: string, message: string) {
  if (where === "end") {
    const fault = { reason, message };
    return { retryable: isRetryable(fault), text: explain(fault) };
  }
  const code = where === "none" ? reason : where;
  const errors = reason === "" || where === "none" ? [] : [{ reason, message }];
  const error = translateError(Object.assign(new Error(message), { code, errors }), "insert job");
  return { retryable: error.retryable, text: error.message };
}
