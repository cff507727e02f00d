import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of a request; `null` lets it through. */
export type Fault =
  | { kind: "answer"; status: number; body: unknown; headers?: Record<string, string> }
  /** Carried out, and its answer lost. */
  | { kind: "loseAnswer" }
  /** The connection breaks before anybody has seen the request. */
  | { kind: "cut" };

export interface FaultProxy {
  url: string;
  /** Asked once a request, with `METHOD /path?query`. */
  onRequest: (line: string) => Fault | null | Promise<Fault | null>;
  close(): Promise<void>;
}

/** An HTTP proxy before one server, which makes faults. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse, losesAnswer: boolean) => {
    const { method, url, headers } = incoming;
    const host = `${hostname}:${port}`;
    const onward = request(
      { hostname, port, path: url, method, headers: { ...headers, host } },
      (answer) => {
        if (losesAnswer) {
          answer.resume();
          answer.on("end", () => outgoing.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  };
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const fault = await proxy.onRequest(`${incoming.method} ${incoming.url}`);
      if (fault?.kind === "cut") return outgoing.destroy();
      if (fault?.kind !== "answer") return forward(incoming, outgoing, fault !== null);
      incoming.resume();
      const headers = { "content-type": "application/json", ...fault.headers };
      outgoing.writeHead(fault.status, headers).end(JSON.stringify(fault.body));
      return undefined;
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onRequest: () => null,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return proxy;
}
