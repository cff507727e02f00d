import { isDeepStrictEqual } from "node:util";
import { Agent, request } from "undici";
import { processTree, treeRssBytes } from "../support/process-tree.ts";
import type { Measurement } from "../support/rounds.ts";

const connections = 8;

/** A server that answers the list, and how to ask it. */
export interface ListServer {
  pid: number;
  url: string;
  headers: Record<string, string>;
  /** The rows in its answer's body. */
  rowsOf(body: unknown): unknown;
}

/** Throws where its rows are not those that are wanted. */
export async function verify(server: ListServer, wanted: unknown): Promise<void> {
  const rows = await rowsFrom(server);
  if (!isDeepStrictEqual(rows, wanted)) throw new Error(`${server.url} answers other rows`);
}

export async function rowsFrom({ url, headers, rowsOf }: ListServer): Promise<unknown> {
  const { statusCode, body } = await request(url, { headers });
  if (statusCode !== 200) throw new Error(`${url} answers ${statusCode}: ${await body.text()}`);
  return rowsOf(await body.json());
}

/** So many lists over a few connections, each asked for as soon as the one before has come whole. */
export async function flood(server: ListServer, count: number): Promise<Measurement> {
  const dispatcher = new Agent({ connections, pipelining: 1 });
  const cpuBefore = cpuSecondsOf(server.pid);
  const startedAt = performance.now();
  let left = count;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      const { statusCode, body } = await request(server.url, {
        headers: server.headers,
        dispatcher,
      });
      await body.dump({ limit: 2 ** 24 });
      if (statusCode !== 200) throw new Error(`${server.url} answers ${statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  const seconds = (performance.now() - startedAt) / 1000 / count;
  const cpuSeconds = (cpuSecondsOf(server.pid) - cpuBefore) / count;
  await dispatcher.close();
  return { seconds, cpuSeconds, peakRssBytes: treeRssBytes(server.pid) };
}

function cpuSecondsOf(pid: number): number {
  return processTree(pid).reduce((sum, stat) => sum + stat.cpuSeconds, 0);
}
