import { type ErrorCode, MaestroError, messageOf } from "../../shared/errors.ts";
import { retryAfterMs } from "../support/retry-after.ts";
import { scrubShapes } from "../support/scrub.ts";
import { shorten } from "../support/shorten.ts";
import { type ApiReason, remedyFor } from "./bigquery-remedies.ts";

/*
 * BigQuery's faults as MaestroErrors. The reasons and what may be retried are those of
 * cloud.google.com/bigquery/docs/error-messages and of the job-level retry rules of Google's own
 * clients; quota and permission never pass by waiting a little, so they fail at once.
 */

export const retryableReasons = new Set([
  "backendError",
  "internalError",
  "jobBackendError",
  "jobInternalError",
  "rateLimitExceeded",
  "userRateLimitExceeded",
  "jobRateLimitExceeded",
  "tableUnavailable",
]);

export const retryableStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** Codes of sockets that broke, and of names that did not resolve for the moment. */
const networkCodes =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ENETDOWN|UND_ERR_\w+|ERR_STREAM_PREMATURE_CLOSE)$/;

/** What BigQuery says of faults that pass although its reason does not tell. */
const retryableMessages =
  /retrying (the job )?may solve the problem|could not serialize access to table|aborted due to concurrent update/i;

export function isRetryable({ reason, message }: ApiReason): boolean {
  return retryableReasons.has(reason) || retryableMessages.test(message);
}

/** BigQuery's words, and what to do about it where that is known. */
export function explain(fault: ApiReason): string {
  const remedy = remedyFor(fault);
  return remedy === null ? fault.message : `${fault.message} (${remedy})`;
}

/** Translates whatever Google's client threw. `doing` is what was tried, for the message. */
export function translateError(error: unknown, doing: string): MaestroError {
  if (error instanceof MaestroError) return error;
  const status = statusOf(error);
  if (status === null) return translateWithoutAnswer(error, doing);
  const { reason, message } = reasonOf(error);
  const position = positionIn(message);
  const isPassing =
    isRetryable({ reason, message }) ||
    (retryableStatuses.has(status) && reason !== "quotaExceeded");
  const text = isPassing ? message : explain({ reason: reason || String(status), message });
  return new MaestroError(codeOf(status, reason), text, {
    cause: error,
    retryable: isPassing,
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

function retryAfterOf(error: unknown): { retryAfterMs?: number } {
  const { headers } = (error as { response?: { headers?: unknown } }).response ?? {};
  const header = (name: string): unknown =>
    headers instanceof Headers
      ? headers.get(name)
      : (headers as Record<string, unknown> | undefined)?.[name];
  const ms = retryAfterMs(header("retry-after"), header("date"));
  return ms === null ? {} : { retryAfterMs: ms };
}

/** Whether no answer came from Google, for reasons that pass. */
export function isNetworkFault(error: unknown): boolean {
  const { code, type } = (error ?? {}) as Record<"code" | "type", unknown>;
  return (
    (typeof code === "string" && networkCodes.test(code)) ||
    type === "system" ||
    type === "request-timeout" ||
    networkMessages.test(messageOf(error))
  );
}

/** Whether Google's authentication says that it has no credentials, or none that it can read. */
export function blamesCredentials(message: string): boolean {
  return credentialMessages.test(message);
}

/** Broken sockets, and answers that were cut off, in the words of Node and Google's client. */
const networkMessages = /socket hang up|premature close|network timeout|cannot parse .*response/i;
const credentialMessages =
  /\bcredentials?\b|private.?key|invalid_(grant|client)|DECODER routines|\b(PEM|JWT)\b/i;

function translateWithoutAnswer(error: unknown, doing: string): MaestroError {
  const { code, status } = (error ?? {}) as Record<"code" | "status", unknown>;
  // Of the client and the network: they quote addresses and headers.
  const message = shorten(scrubShapes(messageOf(error)));
  // The answer of the token's server, which Google's authentication asks first.
  const isPassing = typeof status === "number" && retryableStatuses.has(status);
  if (isNetworkFault(error) || isPassing) {
    const reason = typeof code === "string" ? code : "network";
    const text = `no answer from BigQuery (${doing}): ${message}`;
    return new MaestroError("transient", text, { cause: error, retryable: true, reason });
  }
  if (typeof status === "number" || blamesCredentials(message)) {
    const text = `no access to BigQuery (${doing}): ${message} (check the key file or the service account that Maestro runs under)`;
    return new MaestroError("configuration", text, { cause: error, reason: "credentials" });
  }
  return new MaestroError("warehouse", `BigQuery (${doing}): ${message}`, { cause: error });
}

function reasonOf(error: unknown): ApiReason {
  const first = (error as { errors?: Partial<ApiReason>[] }).errors?.[0];
  return { reason: first?.reason ?? "", message: shorten(first?.message ?? messageOf(error)) };
}

function codeOf(status: number, reason: string): ErrorCode {
  if (reason === "invalidQuery") return "invalidSql";
  if (reason === "notImplemented" || status === 501) return "notSupported";
  if (status === 404) return "notFound";
  if (status === 409) return "conflict";
  if (status === 401) return "configuration";
  return "warehouse";
}
