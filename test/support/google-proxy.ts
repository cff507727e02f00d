import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** What Google answers instead; null lets it through. */
export interface Refused {
  status: number;
  message: string;
  reason?: string;
}

export interface GoogleProxy {
  url: string;
  /** Asked once a request, with `METHOD /path?query`. */
  refuse: (line: string) => Refused | null;
  /** What it answers of its own; null lets it through. */
  answer: (line: string) => object | null;
  /** What the server of tokens answers instead of one, such as `invalid_grant`. */
  refuseToken: { error: string; error_description: string } | null;
  /** Every request but those for tokens. */
  asked: string[];
  close(): Promise<void>;
}

/** Google as far as its clients see it: tokens for keys, and a local cloud that may deny things. */
export async function startGoogleProxy(target: string): Promise<GoogleProxy> {
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      const { method, url, headers } = incoming;
      const answer = (status: number, json: object) =>
        outgoing
          .writeHead(status, { "content-type": "application/json" })
          .end(JSON.stringify(json));
      if (url === "/token") {
        if (proxy.refuseToken) return answer(400, proxy.refuseToken);
        return answer(200, { access_token: "ya29.token", token_type: "Bearer", expires_in: 3600 });
      }
      const line = `${method} ${url}`;
      proxy.asked.push(line);
      const refused = proxy.refuse(line);
      if (refused) {
        const { status, message, reason = "forbidden" } = refused;
        const error = { code: status, message, errors: [{ message, domain: "global", reason }] };
        return answer(status, { error });
      }
      const own = proxy.answer(line);
      if (own) return answer(200, own);
      const onward = request({ hostname, port, path: url, method, headers }, (answered) => {
        outgoing.writeHead(answered.statusCode ?? 500, answered.headers);
        answered.pipe(outgoing);
      });
      onward.on("error", () => outgoing.destroy());
      return onward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: GoogleProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse: () => null,
    answer: () => null,
    refuseToken: null,
    asked: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return proxy;
}
