import { type ErrorCode, MaestroError, messageOf } from "../../shared/errors.ts";

/*
 * BigQuery's faults as MaestroErrors. The reasons and what may be retried are those of
 * cloud.google.com/bigquery/docs/error-messages and of the job-level retry rules of Google's own
 * clients; quota and permission never pass by waiting a little, so they fail at once.
 */

const retryableReasons = new Set([
  "backendError",
  "internalError",
  "jobBackendError",
  "jobInternalError",
  "rateLimitExceeded",
  "userRateLimitExceeded",
  "jobRateLimitExceeded",
  "tableUnavailable",
]);

const retryableStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** Codes of sockets that broke, and of names that did not resolve for the moment. */
const networkCodes =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ENETDOWN|UND_ERR_\w+|ERR_STREAM_PREMATURE_CLOSE)$/;

export interface ApiReason {
  reason: string;
  message: string;
}

export function isRetryable({ reason, message }: ApiReason): boolean {
  if (/retrying (the job )?may solve the problem/i.test(message)) return true;
  return retryableReasons.has(reason);
}

/** Translates whatever Google's client threw. `doing` is what was tried, for the message. */
export function translateError(error: unknown, doing: string): MaestroError {
  if (error instanceof MaestroError) return error;
  const status = statusOf(error);
  if (status === null) return translateWithoutAnswer(error, doing);
  const { reason, message } = reasonOf(error);
  const position = positionIn(message);
  return new MaestroError(codeOf(status, reason), `${message}${advice(status, reason)}`, {
    cause: error,
    retryable:
      isRetryable({ reason, message }) ||
      (retryableStatuses.has(status) && reason !== "quotaExceeded"),
    reason: reason || String(status),
    ...(position ? { position } : {}),
    ...retryAfterOf(error),
  });
}

/** The HTTP status of an answer; null where there was none. */
export function statusOf(error: unknown): number | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "number" ? code : null;
}

/** BigQuery writes the place of a fault in SQL as `at [line:column]`, both from 1. */
function positionIn(message: string): { line: number; column: number } | null {
  const found = /\bat \[(\d+):(\d+)\]/.exec(message);
  return found ? { line: Number(found[1]), column: Number(found[2]) } : null;
}

/** RFC 9110: Retry-After in seconds. (Its other form, a date, is not used by Google's APIs.) */
function retryAfterOf(error: unknown): { retryAfterMs?: number } {
  const { headers } = (error as { response?: { headers?: unknown } }).response ?? {};
  const text =
    headers instanceof Headers
      ? headers.get("retry-after")
      : (headers as Record<string, unknown> | undefined)?.["retry-after"];
  const seconds = Number(text ?? Number.NaN);
  return seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
}

function translateWithoutAnswer(error: unknown, doing: string): MaestroError {
  const { code, type } = (error ?? {}) as { code?: unknown; type?: unknown };
  const isNetwork =
    (typeof code === "string" && networkCodes.test(code)) ||
    type === "system" ||
    type === "request-timeout" ||
    /socket hang up|premature close|network timeout|cannot parse .*response/i.test(
      messageOf(error),
    );
  if (isNetwork) {
    return new MaestroError(
      "transient",
      `no answer from BigQuery (${doing}): ${messageOf(error)}`,
      {
        cause: error,
        retryable: true,
        reason: typeof code === "string" ? code : "network",
      },
    );
  }
  return new MaestroError("warehouse", `BigQuery (${doing}): ${messageOf(error)}`, {
    cause: error,
  });
}

function reasonOf(error: unknown): ApiReason {
  const first = (error as { errors?: Partial<ApiReason>[] }).errors?.[0];
  return { reason: first?.reason ?? "", message: first?.message ?? messageOf(error) };
}

function codeOf(status: number, reason: string): ErrorCode {
  if (reason === "invalidQuery") return "invalidSql";
  if (reason === "notImplemented" || status === 501) return "notSupported";
  if (status === 404) return "notFound";
  if (status === 409) return "conflict";
  if (status === 401) return "configuration";
  return "warehouse";
}

function advice(status: number, reason: string): string {
  if (reason === "accessDenied" || (status === 403 && reason === "forbidden")) {
    return " (grant Maestro's service account BigQuery Job User on the project, and BigQuery Data Editor on the datasets it reads and writes)";
  }
  if (reason === "quotaExceeded") return " (raise the quota named, or spread the runs)";
  return "";
}
