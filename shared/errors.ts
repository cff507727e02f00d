/**
 * The codes of every error that reaches a user, with the HTTP status they travel under and what
 * the user can do. A test holds this table against the README's.
 */
export const errorCodes = {
  invalidInput: { status: 400, hint: "Correct the named field and send it again." },
  invalidSql: { status: 400, hint: "Correct the SQL at the line and column named." },
  cycle: { status: 409, hint: "Break the named path, or ignore one of its parents." },
  conflict: {
    status: 409,
    hint: "Someone changed it meanwhile, or it exists: reload and try again.",
  },
  unauthenticated: { status: 401, hint: "Sign in, or send an API token." },
  forbidden: { status: 403, hint: "Ask an admin or a member of the table's group." },
  notFound: { status: 404, hint: "Check the name or id; it may have been deleted." },
  notSupported: { status: 501, hint: "Rewrite the named construct, or use BigQuery itself." },
  warehouse: { status: 502, hint: "Read the warehouse's message; run again when it is mended." },
  storage: { status: 502, hint: "Check the bucket and the credentials, then run again." },
  sheets: { status: 502, hint: "Mend what the message names in Google Drive, then run again." },
  slack: {
    status: 502,
    hint: "Mend what the message names in Slack or the settings, then try again.",
  },
  git: {
    status: 502,
    hint: "Mend what the message names in the repository or the settings, then try again.",
  },
  database: { status: 502, hint: "Check the database's address, credentials and table." },
  rateLimited: { status: 429, hint: "Wait as long as it says, then try again." },
  transient: { status: 503, hint: "Nothing to do: it is retried by itself." },
  timeout: { status: 504, hint: "Try again; if it stays, look at what it waits for." },
  cancelled: { status: 409, hint: "It was cancelled; resume or run it again." },
  configuration: { status: 500, hint: "Correct the named setting and start again." },
  internal: { status: 500, hint: "Report it with the log's lines of this time." },
} as const satisfies Record<string, { status: number; hint: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** What an error may carry beside its message. */
export interface ErrorDetails {
  cause?: unknown;
  /** True where the same call may succeed later unchanged. Set by connectors alone. */
  retryable?: boolean;
  /** How long the other side asks to be left alone before that. */
  retryAfterMs?: number;
  /** The input field at fault, as a dotted path. */
  field?: string;
  /** 1-based position in the SQL that is at fault. */
  position?: { line: number; column: number };
  /** The vendor's own reason word, such as BigQuery's `rateLimitExceeded`. */
  reason?: string;
}

/** The one error class of Maestro: a code of `errorCodes` and a message a user can act on. */
export class MaestroError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number;
  readonly field: string | undefined;
  readonly position: { line: number; column: number } | undefined;
  readonly reason: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "MaestroError";
    this.code = code;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs ?? 0;
    this.field = details.field;
    this.position = details.position;
    this.reason = details.reason;
  }
}

/**
 * Any thrown value's message. Of one that Drizzle wraps, which would be the whole statement with its
 * values, it is PostgreSQL's own; of one without a message, such as that of a host all of whose
 * addresses refuse, its code.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message.startsWith("Failed query:") && error.cause) return messageOf(error.cause);
  return error.message || ("code" in error ? String(error.code) : error.name);
}
