import type { FastifyReply } from "fastify";
import { StorageError } from "../../object-store/storage-error.ts";
import { WarehouseError } from "../contract.ts";
import { statusOf, toWarehouseError } from "../job-errors.ts";

/** Google's JSON error body (cloud.google.com/apis/design/errors). */
export function errorBody(code: number, reason: string, message: string) {
  return {
    error: {
      code,
      message,
      errors: [{ message, domain: "global", reason }],
      status: statusWords[code] ?? "INVALID_ARGUMENT",
    },
  };
}

const statusWords: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  408: "DEADLINE_EXCEEDED",
  409: "ALREADY_EXISTS",
  412: "FAILED_PRECONDITION",
  499: "CANCELLED",
  500: "INTERNAL",
  501: "UNIMPLEMENTED",
};

export function sendError(reply: FastifyReply, thrown: unknown): FastifyReply {
  if (thrown instanceof StorageError) {
    // An answer of that status has no body.
    if (thrown.status === 304) return reply.code(304).send();
    return reply.code(thrown.status).send(errorBody(thrown.status, thrown.reason, thrown.message));
  }
  const status = (thrown as { statusCode?: number }).statusCode;
  if (!(thrown instanceof WarehouseError) && status !== undefined && status < 500) {
    const reason = { 408: "requestTimeout", 413: "uploadTooLarge" }[status] ?? "invalid";
    return reply.code(status).send(errorBody(status, reason, (thrown as Error).message));
  }
  const error = toWarehouseError(thrown);
  const code = statusOf(error.reason);
  if (code === 500) reply.log.error({ err: thrown }, "request failed");
  return reply.code(code).send(errorBody(code, error.reason, error.message));
}
