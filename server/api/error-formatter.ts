import { TRPCError } from "@trpc/server";
import { type ErrorCode, errorCodes, MaestroError } from "../../shared/errors.ts";
import { isConnectionFault } from "../support/connection-fault.ts";

/** What travels in `error.data` of every refused call; the client shows it as it is. */
export interface ErrorData {
  code: ErrorCode;
  httpStatus: number;
  hint: string;
  field: string | null;
  position: { line: number; column: number } | null;
}

const trpcCodes = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  409: "CONFLICT",
  429: "TOO_MANY_REQUESTS",
  500: "INTERNAL_SERVER_ERROR",
  501: "NOT_IMPLEMENTED",
  502: "BAD_GATEWAY",
  503: "SERVICE_UNAVAILABLE",
  504: "GATEWAY_TIMEOUT",
} as const satisfies Record<(typeof errorCodes)[ErrorCode]["status"], TRPCError["code"]>;

/** tRPC's own refusals, which carry no MaestroError. */
const codesOfTrpc: Partial<Record<TRPCError["code"], ErrorCode>> = {
  BAD_REQUEST: "invalidInput",
  PARSE_ERROR: "invalidInput",
  UNSUPPORTED_MEDIA_TYPE: "invalidInput",
  METHOD_NOT_SUPPORTED: "invalidInput",
  PAYLOAD_TOO_LARGE: "invalidInput",
  NOT_FOUND: "notFound",
  CLIENT_CLOSED_REQUEST: "cancelled",
};

/** The MaestroError that an error is to be answered as; null for those that no one should see. */
export function knownError(error: unknown): MaestroError | null {
  if (error instanceof MaestroError) return error.code === "internal" ? null : error;
  if (!isConnectionFault(error)) return null;
  const message = "a database or service that Maestro needs cannot be reached just now";
  return new MaestroError("transient", message, { cause: error });
}

/** The TRPCError that makes tRPC answer a MaestroError with its own HTTP status. */
export function toTrpcError(error: MaestroError): TRPCError {
  return new TRPCError({
    code: trpcCodes[errorCodes[error.code].status],
    message: error.message,
    cause: error,
  });
}

/** The message and data to answer with. Errors that are no answer of ours are named by `id` alone. */
export function describeError(
  error: TRPCError,
  id: string,
): { message: string; data: ErrorData; internal: boolean } {
  const { cause } = error;
  if (cause instanceof MaestroError) return describeMaestroError(cause, id);
  const issue = firstIssue(cause);
  if (issue) {
    return answer("invalidInput", issue.message, { field: issue.path });
  }
  const code = codesOfTrpc[error.code];
  if (code) return answer(code, error.message, {}, statusOf(error));
  return hidden(id);
}

function describeMaestroError(error: MaestroError, id: string) {
  if (error.code === "internal") return hidden(id);
  return answer(error.code, error.message, {
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(error.position === undefined ? {} : { position: error.position }),
  });
}

function answer(
  code: ErrorCode,
  message: string,
  at: { field?: string; position?: { line: number; column: number } },
  httpStatus: number = errorCodes[code].status,
) {
  const { hint } = errorCodes[code];
  const data = {
    code,
    httpStatus,
    hint,
    field: at.field ?? null,
    position: at.position ?? null,
  };
  return { message, data, internal: false };
}

function hidden(id: string) {
  const { data } = answer("internal", "", {});
  return {
    message: `something failed inside Maestro; the log has it under ${id}`,
    data,
    internal: true,
  };
}

function statusOf(error: TRPCError): number {
  if (error.code === "PAYLOAD_TOO_LARGE") return 413;
  if (error.code === "UNSUPPORTED_MEDIA_TYPE") return 415;
  if (error.code === "METHOD_NOT_SUPPORTED") return 405;
  if (error.code === "NOT_FOUND") return 404;
  return error.code === "CLIENT_CLOSED_REQUEST" ? 499 : 400;
}

interface Issue {
  message: string;
  path?: PropertyKey[];
  /** Of an input that may have one of several shapes: what is wrong with it as each of them. */
  errors?: Issue[][];
}

/** Of several shapes, the one that the input comes closest to. */
function innermostIssue(issues: Issue[]): Issue | undefined {
  const [issue] = issues;
  const shapes = issue?.errors?.filter((each) => each.length > 0) ?? [];
  const [first, ...rest] = shapes;
  if (!issue || !first) return issue;
  const closest = rest.reduce((best, each) => (each.length < best.length ? each : best), first);
  const inner = innermostIssue(closest);
  return inner && { ...inner, path: [...(issue.path ?? []), ...(inner.path ?? [])] };
}

/** The first issue of a refused input, with its path as `definition.name`. */
function firstIssue(cause: unknown): { message: string; path: string } | null {
  if (!(cause instanceof Error) || !("issues" in cause) || !Array.isArray(cause.issues))
    return null;
  const issue = innermostIssue(cause.issues as Issue[]);
  if (!issue) return null;
  // Services name a definition's fields alone; so do we, wherever in the input it was.
  const path = (issue.path ?? [])
    .map(String)
    .join(".")
    .replace(/^definition\./, "");
  return { message: path === "" ? issue.message : `${path}: ${issue.message}`, path };
}
