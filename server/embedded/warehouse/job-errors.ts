import { messageOf } from "../../../shared/errors.ts";
import { WarehouseError } from "./contract.ts";
import { outOfMemory } from "./job-limits.ts";
import type { JobError } from "./job-resource.ts";
import { explainDuckError } from "./sql/explain-error.ts";

const httpStatus: Record<string, number> = {
  notFound: 404,
  duplicate: 409,
  stopped: 499,
  notImplemented: 501,
  accessDenied: 403,
  internalError: 500,
};

export function cancelled(): WarehouseError {
  return new WarehouseError("stopped", "Job execution was cancelled: User requested cancellation");
}

/** The HTTP status of a reason; BigQuery's invalid ones are 400. */
export function statusOf(reason: string): number {
  return httpStatus[reason] ?? 400;
}

/** What DuckDB's own errors are called in BigQuery. */
const duckdbErrors: [RegExp, (text: string) => WarehouseError][] = [
  [/^INTERRUPT Error/, cancelled],
  [/^Out of Memory Error/, outOfMemory],
  [
    /^Constraint Error: NOT NULL constraint failed: .*\.(\w+)/,
    (text) =>
      new WarehouseError(
        "invalid",
        `Required field ${/\.([^.\s]+)\s*$/.exec(firstLine(text))?.[1] ?? ""} cannot be null`,
      ),
  ],
  [
    /^(Conversion|Out of Range|Invalid Input|Binder|Parser|Catalog|Not implemented|Syntax) Error/,
    explainDuckError,
  ],
];

export function toWarehouseError(error: unknown): WarehouseError {
  if (error instanceof WarehouseError) return error;
  // So it begins where a text of several statements is taken apart.
  const text = messageOf(error).replace(/^Failed to extract statements: /, "");
  const known = duckdbErrors.find(([pattern]) => pattern.test(text));
  return known ? known[1](text) : new WarehouseError("internalError", firstLine(text));
}

/** A job's failure with its place, and all that was found wrong. */
export class JobFailure extends WarehouseError {
  readonly error: JobError;
  readonly errors: JobError[];

  constructor(error: JobError, errors: JobError[]) {
    super("invalid", error.message);
    this.error = error;
    this.errors = errors;
  }
}

export function jobErrorsOf(failure: WarehouseError): { error: JobError; errors: JobError[] } {
  if (failure instanceof JobFailure) return { error: failure.error, errors: failure.errors };
  const error = jobErrorOf(failure);
  return { error, errors: [error] };
}

function jobErrorOf(error: WarehouseError): JobError {
  // BigQuery names the place of an error in the query so.
  const location = error.reason === "invalidQuery" ? { location: "query" } : {};
  return { reason: error.reason, message: error.message, ...location };
}

/** Two transactions touched the same rows: the one that lost may go again. */
export function isConflict(error: unknown): boolean {
  return /^TransactionContext Error|Transaction conflict|write-write conflict|Conflict on/i.test(
    messageOf(error),
  );
}

/** DuckDB refuses all further work of this process. */
export function isFatal(error: unknown): boolean {
  return /^FATAL Error|database has been invalidated/.test(messageOf(error));
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
