import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/*
 * PostgreSQL behind a port of its own. Its commits can be watched and held, before they are passed
 * on and after they are done, and it can be away: it refuses connections, or it leaves them open and
 * says nothing.
 */

export interface Commit {
  /** Names and texts of the statements in it; of a statement outside of a transaction, its own. */
  statements: string[];
  /** `before`: nothing is committed. `after`: it is committed, and not answered yet. */
  phase: "before" | "after";
}

export interface PostgresProxy {
  connectionString: string;
  /** Called at each commit; may wait. `cut` ends the connection there. */
  onCommit: (commit: Commit) => Promise<"cut" | undefined> | "cut" | undefined;
  /** Every connection breaks, and no other is made. */
  refuse(): void;
  /** Every connection stays open, and nothing passes. */
  hang(): void;
  /** Connections are made again. What hung goes on, or with `lost` never does. */
  comeBack(options?: { lost: boolean }): void;
  close(): Promise<void>;
}

export async function startPostgresProxy(connectionString: string): Promise<PostgresProxy> {
  const upstreamUrl = new URL(connectionString);
  const pairs = new Set<Pair>();
  let state: "here" | "refuses" | "hangs" = "here";
  const server = createServer((client) => {
    if (state === "refuses") {
      client.destroy();
      return;
    }
    const upstream = connect(Number(upstreamUrl.port), upstreamUrl.hostname);
    const pair: Pair = { client, upstream, isLost: false };
    pairs.add(pair);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.setNoDelay(true);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
    void passOn(pair).catch(() => client.destroy());
  });

  let back = Promise.withResolvers<void>();
  /** Until something may pass. */
  const present = async (pair: Pair) => {
    while (state === "hangs") await back.promise;
    if (pair.isLost) await new Promise(() => undefined);
  };

  const passOn = async (pair: Pair) => {
    const { client, upstream } = pair;
    const watcher = createWatcher((commit) => proxy.onCommit(commit));
    const gate = () => present(pair);
    await Promise.all([
      pump(client, upstream, watcher.fromClient, gate),
      pump(upstream, client, watcher.fromServer, gate),
    ]);
  };

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(connectionString);
  url.port = String((server.address() as AddressInfo).port);
  const cutAll = () => {
    for (const { client, upstream } of pairs) {
      client.destroy();
      upstream.destroy();
    }
  };
  const proxy: PostgresProxy = {
    connectionString: url.toString(),
    onCommit: () => undefined,
    refuse() {
      state = "refuses";
      cutAll();
    },
    hang() {
      state = "hangs";
      back = Promise.withResolvers();
    },
    comeBack({ lost } = { lost: false }) {
      state = "here";
      for (const pair of pairs) pair.isLost ||= lost;
      back.resolve();
    },
    async close() {
      state = "refuses";
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

interface Pair {
  client: Socket;
  upstream: Socket;
  isLost: boolean;
}

/** What is passed on, and what is done before. */
interface Piece {
  bytes: Buffer;
  first?: () => Promise<"cut" | undefined> | "cut" | undefined;
}

/** Passes on what comes, piece by piece, as the gate opens. */
async function pump(
  from: Socket,
  to: Socket,
  watch: (chunk: Buffer) => Iterable<Piece>,
  gate: () => Promise<void>,
): Promise<void> {
  for await (const chunk of from) {
    await gate();
    for (const { bytes, first } of watch(chunk as Buffer)) {
      if ((await first?.()) === "cut") to.destroy();
      if (to.destroyed) return;
      to.write(bytes);
    }
  }
}

/** Reads PostgreSQL's protocol, version 3, as far as its statements and its readiness. */
function createWatcher(onCommit: PostgresProxy["onCommit"]) {
  const texts = new Map<string, string>();
  const client = createFramer(1);
  const server = createFramer(0);
  let transaction: string[] | null = null;
  let asked: string[] | null = null;
  /** What each readiness to come ends, in the order of asking: statements may be sent ahead. */
  const unanswered: (string[] | null)[] = [null];

  /** The statements that are committed by this one; null where it commits nothing. */
  const committedBy = (name: string, text: string): string[] | null => {
    if (/^begin\b/i.test(text)) transaction = [];
    else if (/^rollback\b/i.test(text)) transaction = null;
    else if (/^commit\b/i.test(text)) {
      const statements = transaction ?? [];
      transaction = null;
      return statements;
    } else if (transaction) transaction.push(name, text);
    else return [name, text];
    return null;
  };
  const statementOf = (type: string, frame: Buffer): [name: string, text: string] | null => {
    const [one = "", two = ""] = frame.toString("utf8", 5).split("\0", 2);
    if (type === "P") texts.set(one, two);
    if (type === "Q") return ["", one];
    return type === "B" ? [two, texts.get(two) ?? ""] : null;
  };

  return {
    *fromClient(chunk: Buffer): Iterable<Piece> {
      for (const frame of client(chunk)) {
        const type = String.fromCharCode(frame[0] ?? 0);
        const statement = statementOf(type, frame);
        const statements = statement && committedBy(...statement);
        if (statement) asked = statements;
        if (type === "Q" || type === "S") unanswered.push(asked);
        yield statements
          ? { bytes: frame, first: () => onCommit({ statements, phase: "before" }) }
          : { bytes: frame };
      }
    },
    *fromServer(chunk: Buffer): Iterable<Piece> {
      for (const frame of server(chunk)) {
        const isReady = String.fromCharCode(frame[0] ?? 0) === "Z";
        const statements = isReady ? unanswered.shift() : null;
        yield statements
          ? { bytes: frame, first: () => onCommit({ statements, phase: "after" }) }
          : { bytes: frame };
      }
    },
  };
}

/** Cuts a stream into messages: a type, a length, a body. The first ones of a client have no type. */
function createFramer(untyped: number): (chunk: Buffer) => Iterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let left = untyped;
  return function* (chunk) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const at = left > 0 ? 0 : 1;
      if (rest.length < at + 4) return;
      const length = at + rest.readInt32BE(at);
      if (rest.length < length) return;
      const frame = rest.subarray(0, length);
      rest = rest.subarray(length);
      if (left > 0) left -= 1;
      yield frame;
    }
  };
}
