import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestOf,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/*
 * The local cloud behind an address of its own. Each request can be held, cut or answered otherwise:
 * before it is passed on, as its body passes, and before its answer does.
 */

export interface ProxiedRequest {
  method: string;
  /** Path and query. */
  path: string;
  phase: "before" | "body" | "after";
  /** Of the request's body, with those that are to pass now. */
  bytes: number;
}

export type RequestVerdict = "cut" | { status: number } | undefined;

export interface HttpProxy {
  url: string;
  /** May wait, for ever too. A status can be answered only before a request is passed on. */
  onRequest: (request: ProxiedRequest) => Promise<RequestVerdict> | RequestVerdict;
  close(): Promise<void>;
}

export async function startHttpProxy(target: string): Promise<HttpProxy> {
  const upstream = new URL(target);
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = "GET", url: path = "/", headers } = request;
    let bytes = 0;
    const ask = (phase: ProxiedRequest["phase"]) => proxy.onRequest({ method, path, phase, bytes });
    const verdict = await ask("before");
    if (verdict === "cut") return void request.socket.destroy();
    if (verdict) {
      request.resume();
      response.writeHead(verdict.status, { "content-type": "application/json" });
      const error = {
        code: verdict.status,
        message: "try again",
        errors: [{ reason: "backendError" }],
      };
      return void response.end(JSON.stringify({ error }));
    }
    const onward = requestOf({
      ...{ host: upstream.hostname, port: upstream.port, method, path },
      headers: { ...headers, host: upstream.host },
    });
    request.on("close", () => {
      if (!request.complete) onward.destroy();
    });
    response.on("close", () => onward.destroy());
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      onward.once("response", resolve);
      onward.once("error", reject);
    });
    answered.catch(() => undefined);
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length;
      if ((await ask("body")) === "cut") {
        onward.destroy();
        return void request.socket.destroy();
      }
      onward.write(chunk);
    }
    onward.end();
    const answer = await answered;
    if ((await ask("after")) === "cut") return void request.socket.destroy();
    response.writeHead(answer.statusCode ?? 502, redirected(answer.headers));
    for await (const chunk of answer) response.write(chunk);
    response.end();
  };
  /** An upload goes on where the first answer says: through here too. */
  const redirected = (headers: OutgoingHttpHeaders): OutgoingHttpHeaders => {
    const { location } = headers;
    if (typeof location !== "string") return headers;
    return { ...headers, location: location.replace(upstream.origin, proxy.url) };
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: HttpProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onRequest: () => undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
