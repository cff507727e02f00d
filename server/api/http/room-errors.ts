import type { FastifyInstance } from "fastify";
import { errorCodes, MaestroError } from "../../../shared/errors.ts";
import type { Deps } from "../../services/deps.ts";
import { knownError } from "../error-formatter.ts";

/**
 * Errors in the shape that clients of rooms know: `{"code","error","description","success":false}`,
 * with 422 for what is invalid.
 */
export function answerRoomErrors(server: FastifyInstance, deps: Pick<Deps, "log">): void {
  server.setErrorHandler((error: unknown, request, reply) => {
    const known = knownError(error) ?? refusedByServer(error);
    if (known) {
      const { status, hint } = errorCodes[known.code];
      return reply.code(known.code === "invalidInput" ? 422 : status).send({
        code: known.code,
        error: known.message,
        description: hint,
        success: false,
      });
    }
    deps.log.error(
      { err: error, requestId: request.id, url: request.routeOptions.url },
      "http failed",
    );
    return reply.code(500).send({
      code: "internal",
      error: `something failed inside Maestro; the log has it under ${request.id}`,
      description: errorCodes.internal.hint,
      success: false,
    });
  });
}

/** Fastify's own refusals: a body that is no JSON, too large, or of a type that is not known. */
function refusedByServer(error: unknown): MaestroError | null {
  if (!(error instanceof Error) || !("statusCode" in error)) return null;
  return Number(error.statusCode) < 500 ? new MaestroError("invalidInput", error.message) : null;
}
