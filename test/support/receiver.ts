import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON. */
  body: Record<string, unknown>;
}

/** An application that is told things: it keeps what came, and answers as a test says. */
export async function startReceiver() {
  const received: Received[] = [];
  const receiver = {
    url: "",
    received,
    answer: (_: Received, response: ServerResponse): void => void response.writeHead(204).end(),
    /** Of what came at a path. */
    at: (path: string) => received.filter((one) => one.path === path),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const one = { path: request.url ?? "", headers: request.headers, text, body: JSON.parse(text) };
    received.push(one);
    receiver.answer(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return receiver;
}
