import { TRPCClientError } from "@trpc/client";

/** What a page shows of an error: the server's own message and hint, and where it belongs. */
export interface ApiError {
  code: string;
  message: string;
  hint: string | null;
  field: string | null;
  position: { line: number; column: number } | null;
}

/** An answer of a plain route that is no success. */
export class RefusedError extends Error {
  readonly answer: ApiError;

  constructor(answer: ApiError) {
    super(answer.message);
    this.answer = answer;
  }
}

/** Any thrown value as an `ApiError`; a request that got no answer has the code `offline`. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof RefusedError) return error.answer;
  const data: unknown = error instanceof TRPCClientError ? error.data : null;
  if (isRecord(data)) {
    return {
      code: data["httpStatus"] === 401 ? "unauthenticated" : String(data["code"]),
      message: messageOf(error),
      hint: typeof data["hint"] === "string" ? data["hint"] : null,
      field: typeof data["field"] === "string" ? data["field"] : null,
      position: isPosition(data["position"]) ? data["position"] : null,
    };
  }
  if (error instanceof TRPCClientError || error instanceof TypeError) {
    return {
      code: "offline",
      message: "Maestro did not answer.",
      hint: "Check that it is running; this page tries again by itself.",
      field: null,
      position: null,
    };
  }
  return { code: "internal", message: messageOf(error), hint: null, field: null, position: null };
}

export function isSignedOut(error: unknown): boolean {
  return toApiError(error).code === "unauthenticated";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isPosition(value: unknown): value is { line: number; column: number } {
  return (
    isRecord(value) && typeof value["line"] === "number" && typeof value["column"] === "number"
  );
}
