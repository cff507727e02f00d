import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/*
 * Any server behind a port of its own, whatever it speaks. All that passes can be watched and held, and
 * connections can be cut.
 */

export interface Passing {
  from: "client" | "server";
  bytes: Buffer;
  /** The same for all that passes on one connection. */
  connection: object;
}

/** What happens to bytes that were held: they pass, or their connection ends instead. */
export type Verdict = Promise<"cut" | undefined> | "cut" | undefined;

export interface TcpProxy {
  port: number;
  /** Called before anything passes; may wait, for ever too. */
  onBytes: (passing: Passing) => Verdict;
  /** How many are open. */
  connections(): number;
  /** Every connection breaks, and no other is made until `comeBack`. */
  refuse(): void;
  comeBack(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isAway = false;
  const server = createServer((client) => {
    if (isAway) {
      client.destroy();
      return;
    }
    const upstream = connect(target.port, target.host);
    const connection = {};
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        other.destroy();
        sockets.delete(one);
      });
    }
    const passOn = async (from: Passing["from"], source: Socket, sink: Socket) => {
      for await (const bytes of source) {
        if ((await proxy.onBytes({ from, bytes, connection })) === "cut") sink.destroy();
        if (sink.destroyed) return;
        if (!sink.write(bytes)) await new Promise((resolve) => sink.once("drain", resolve));
      }
      sink.end();
    };
    passOn("client", client, upstream).catch(() => upstream.destroy());
    passOn("server", upstream, client).catch(() => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    onBytes: () => undefined,
    connections: () => sockets.size / 2,
    refuse() {
      isAway = true;
      cutAll();
    },
    comeBack() {
      isAway = false;
    },
    async close() {
      isAway = true;
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
