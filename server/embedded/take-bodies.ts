import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { errorBody } from "./warehouse/rest/error-answer.ts";

/** Google's limit for a request of BigQuery's that is no upload. */
export const bigQueryBodyLimit = 10 * 2 ** 20;
/** A spreadsheet's values come in one request. */
export const bodyLimit = 128 * 2 ** 20;
/** Who sends a body that is kept in memory has so long for it. */
const bodyMs = 60_000;

function refusal(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}

/** An empty body is none, whatever its type says; Google's clients send that. */
export function takeJson(scope: FastifyInstance, limit: number): void {
  endSlowBodies(scope);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "string", bodyLimit: limit }, (_, body, done) => {
    if (body === "") return done(null, null);
    try {
      const value: unknown = JSON.parse(String(body));
      if (value === null || (typeof value === "object" && !Array.isArray(value)))
        return done(null, value);
    } catch {
      return done(refusal(400, "Parse Error: the body is no JSON."));
    }
    return done(
      refusal(400, "Invalid JSON payload received. Unknown name: Root element must be a message."),
    );
  });
}

export function takeText(scope: FastifyInstance): void {
  endSlowBodies(scope);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "string", bodyLimit }, (_request, body, done) =>
    done(null, body),
  );
}

export function takeStreams(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, _body, done) => done(null));
}

function endSlowBodies(scope: FastifyInstance): void {
  scope.addHook("preParsing", (_request, reply, payload, done) => {
    const end = setTimeout(() => {
      // What still comes is not read: the connection ends with the answer.
      void reply.header("connection", "close");
      payload.emit("error", refusal(408, `The body did not come within ${bodyMs / 1000} seconds.`));
    }, bodyMs);
    const clear = () => clearTimeout(end);
    payload.once("end", clear).once("close", clear).once("error", clear);
    done(null, payload);
  });
}

/** What is no HTTP is answered in Google's shape too. */
export function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, words] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? [431, "Request Header Fields Too Large"]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [408, "Request Timeout"]
        : [400, "Bad Request"];
  const body = JSON.stringify(errorBody(Number(status), "badRequest", String(words)));
  socket.end(
    `HTTP/1.1 ${status} ${words}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
