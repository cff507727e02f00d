import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { StorageError } from "./storage-error.ts";

const maxCalls = 100;

/**
 * `POST /batch/storage/v1` (cloud.google.com/storage/docs/batch): calls of the JSON API in the parts
 * of one body, each answered in a part of the answer. Each is made by itself, in their order.
 */
export function batchRoutes(app: FastifyInstance): void {
  app.post<{ Body: string }>("/batch/storage/v1", async (request, reply) => {
    const contentType = request.headers["content-type"] ?? "";
    const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
    if (!boundary) throw new StorageError(400, "invalid", "The multipart boundary is missing.");
    const parts = String(request.body ?? "")
      .split(`--${boundary}`)
      .slice(1, -1);
    if (parts.length === 0 || parts.length > maxCalls) {
      throw new StorageError(400, "invalid", `A batch has 1 to ${maxCalls} calls.`);
    }
    const mark = `batch_${randomUUID()}`;
    const answers: string[] = [];
    for (const part of parts) answers.push(await answerPart(app, part));
    const body = answers.map((answer) => `--${mark}\r\n${answer}\r\n`).join("");
    return reply.type(`multipart/mixed; boundary=${mark}`).send(`${body}--${mark}--\r\n`);
  });
}

async function answerPart(app: FastifyInstance, part: string): Promise<string> {
  const [outer = "", inner = ""] = splitHead(part.replace(/^\r?\n/, ""));
  const id = /^content-id:\s*<?(.*?)>?\s*$/im.exec(outer)?.[1] ?? "";
  const [head = "", payload = ""] = splitHead(inner);
  const [, method = "", target = ""] = /^([A-Z]+) (\S+) HTTP\/1\.[01]/.exec(head.trim()) ?? [];
  const url = target.replace(/^https?:\/\/[^/]+/, "");
  if (!url.startsWith("/storage/v1/") || url.includes("alt=media")) {
    throw new StorageError(400, "invalid", `A batch cannot hold the call ${method} ${target}`);
  }
  const answer = await app.inject({
    method: method as "GET",
    url,
    headers: { "content-type": "application/json", ...conditionHeaders(head) },
    payload: payload.trim(),
  });
  const json = answer.body === "" ? "" : `Content-Type: application/json; charset=UTF-8\r\n`;
  return `Content-Type: application/http\r\nContent-ID: <response-${id}>\r\n\r\nHTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${json}Content-Length: ${Buffer.byteLength(answer.body)}\r\n\r\n${answer.body}`;
}

function conditionHeaders(head: string): Record<string, string> {
  const found = /^if-(none-)?match:\s*(.*?)\s*$/im.exec(head);
  return found ? { [`if-${found[1] ?? ""}match`]: found[2] ?? "" } : {};
}

function splitHead(text: string): [string, string] {
  const match = /\r?\n\r?\n/.exec(text);
  if (!match) return [text, ""];
  return [text.slice(0, match.index), text.slice(match.index + match[0].length)];
}
