import type { ServerResponse } from "node:http";

/* How the null warehouse answers: in JSON, and faults as BigQuery words them. */

/** What to do instead of answering; `text`: what a proxy on the way answers with a status of 200. */
export type Fault =
  | { status: number; reason: string; message?: string; retryAfterSeconds?: number }
  | { text: string }
  | "cut"
  | null;

export function errorBody(code: number, reason: string, message = reason) {
  return { error: { code, message, errors: [{ reason, message }] } };
}

export function sendFault(response: ServerResponse, fault: NonNullable<Fault>): void {
  if (fault === "cut") response.destroy();
  else if ("text" in fault) response.end(fault.text);
  else {
    const { status, reason, message, retryAfterSeconds } = fault;
    if (retryAfterSeconds !== undefined) response.setHeader("retry-after", retryAfterSeconds);
    send(response, status, errorBody(status, reason, message));
  }
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(status === 204 ? undefined : JSON.stringify(body));
}
