import { MaestroError, messageOf } from "../../shared/errors.ts";
import { shorten } from "../support/shorten.ts";
import { blamesCredentials, isNetworkFault, retryableStatuses } from "./bigquery-errors.ts";

/*
 * Faults of Sheets and Drive as MaestroErrors, with what to do about them. The reasons are those of
 * developers.google.com/workspace/drive/api/guides/handle-errors, and of ErrorInfo in the details of
 * an answer (google.rpc), which Sheets gives.
 */

const retryableReasons = new Set([
  "rateLimitExceeded",
  "userRateLimitExceeded",
  "backendError",
  "RATE_LIMIT_EXCEEDED",
]);

/** The setting that names where spreadsheets are made. */
const folderSetting = "MAESTRO_SHEETS_FOLDER";

const remedies: Record<string, string> = {
  storageQuotaExceeded: `the account that Maestro runs under has no room in Drive of its own, as service accounts have none: make it a content manager of a shared drive, and name a folder there in ${folderSetting}`,
  teamDriveFileLimitExceeded:
    "the shared drive is full: delete what is not needed there, or name a folder of another one",
  insufficientFilePermissions:
    "the account that Maestro runs under may not change it: share it with the account as an editor, or delete the spreadsheet, and the next export makes another",
  ACCESS_TOKEN_SCOPE_INSUFFICIENT:
    "Maestro's credentials do not cover Google Drive: use a service account's key file (GOOGLE_APPLICATION_CREDENTIALS), or give the machine or the login the scope https://www.googleapis.com/auth/drive",
  sharingRateLimitExceeded:
    "Google lets an account share so much a day: wait for tomorrow, or name a Google group as a reader",
  invalidSharingRequest:
    "Google knows no account of this address: take it from the table's readers, or use one that has a Google account",
  domainPolicy:
    "the administrators of Google Workspace do not allow this: have them allow it, or take the reader from the table",
  publishOutNotPermitted:
    "the administrators of Google Workspace do not allow to share outside: take the reader from the table",
};

interface GoogleFault {
  status: number | null;
  reason: string;
  message: string;
  /** What turns the API on, where it is off. */
  service: string | null;
}

/** With the HTTP status of the answer; null where there was none. */
export function translateGoogleError(
  error: unknown,
  doing: string,
): { fault: MaestroError; status: number | null } {
  if (error instanceof MaestroError) return { fault: error, status: null };
  const fault = readFault(error);
  const { status, reason, message } = fault;
  if (status === null) return { fault: withoutAnswer(error, doing), status };
  const retryable = retryableStatuses.has(status) || retryableReasons.has(reason);
  const remedy = retryable ? null : remedyFor(fault);
  const text = `Google Sheets (${doing}): ${message}${remedy ? ` (${remedy})` : ""}`;
  const code = status === 404 ? "notFound" : status === 401 ? "configuration" : "sheets";
  return {
    status,
    fault: new MaestroError(code, text, {
      cause: error,
      retryable,
      reason: status === 400 && reason === "" ? "badRequest" : reason,
      ...retryAfterOf(error),
    }),
  };
}

function remedyFor({ status, reason, message, service }: GoogleFault): string | null {
  if (service !== null || /has not been used in project|it is disabled/.test(message)) {
    const api = service ?? "sheets.googleapis.com and drive.googleapis.com";
    return `turn on ${api} under APIs & Services of the Google Cloud project, wait a few minutes, and run it again`;
  }
  if (status === 401) {
    return "check the key file or the service account that Maestro runs under";
  }
  if (reason === "notFound" || status === 404) {
    return `the account that Maestro runs under does not see it: share the folder of ${folderSetting} with the account, or delete that setting`;
  }
  const known = remedies[reason];
  if (known !== undefined) return known;
  return status === 403 ? (remedies["insufficientFilePermissions"] ?? null) : null;
}

interface ErrorBody {
  message?: string;
  errors?: { reason?: string }[];
  details?: { reason?: string; metadata?: { service?: string } }[];
}

function readFault(error: unknown): GoogleFault {
  const { response } = (error ?? {}) as {
    response?: { status?: number; data?: { error?: ErrorBody | string } };
  };
  const given = response?.data?.error;
  // The token's server answers with a word.
  const status = typeof given === "string" ? null : (response?.status ?? null);
  const body = typeof given === "object" ? given : {};
  const detail = body.details?.find((each) => each.reason !== undefined);
  const reason = detail?.reason ?? body.errors?.[0]?.reason ?? "";
  const isOff = reason === "SERVICE_DISABLED" || reason === "accessNotConfigured";
  return {
    status,
    reason,
    message: shorten(body.message ?? messageOf(error)),
    service: isOff ? (detail?.metadata?.service ?? null) : null,
  };
}

function withoutAnswer(error: unknown, doing: string): MaestroError {
  const message = shorten(messageOf(error));
  const { name, code, response } = (error ?? {}) as Record<"name" | "code" | "response", unknown>;
  if (response !== undefined || blamesCredentials(message)) {
    const text = `no access to Google Sheets (${doing}): ${message} (check the key file or the service account that Maestro runs under)`;
    return new MaestroError("configuration", text, { cause: error });
  }
  const text = `no answer from Google Sheets (${doing}): ${message}`;
  const isLate = name === "TimeoutError" || code === "TimeoutError";
  const retryable = isLate || isNetworkFault(error);
  return new MaestroError("transient", text, { cause: error, retryable });
}

/** RFC 9110: seconds, or an instant. */
function retryAfterOf(error: unknown): { retryAfterMs?: number } {
  const { headers } = (error as { response?: { headers?: unknown } }).response ?? {};
  const text = headers instanceof Headers ? (headers.get("retry-after") ?? "").trim() : "";
  const date = headers instanceof Headers ? (headers.get("date") ?? "") : "";
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(date);
  return ms > 0 ? { retryAfterMs: ms } : {};
}
