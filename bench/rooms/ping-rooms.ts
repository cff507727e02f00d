import { Agent, request } from "node:http";
import { roomToken } from "../../server/services/rooms/room-token.ts";
import { createSecretBox } from "../../server/support/crypto.ts";

export interface Pings {
  count: number;
  seconds: number;
  /** Of each answer, in milliseconds. */
  latencies: number[];
}

/** Rooms that ping an API over connections which they share, as a proxy's clients do. */
export function createPinger(options: {
  url: string;
  secret: string;
  scheduler: string;
  rooms: string[];
  connections: number;
}) {
  const { url, secret, scheduler, rooms, connections } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const deps = { secretBox: createSecretBox(secret) };
  const calls = rooms.map((room) => ({
    path: `/scheduler/${scheduler}/rooms/${room}/ping`,
    authorization: `Bearer ${roomToken(deps, { scheduler, room })}`,
  }));
  const body = JSON.stringify({ timestamp: 1, status: "ready", metadata: {} });
  const { hostname, port } = new URL(url);

  const ping = ({ path, authorization }: (typeof calls)[number]) =>
    new Promise<number>((resolve, reject) => {
      const startedAt = performance.now();
      const headers = { authorization, "content-type": "application/json" };
      const asked = request({ agent, hostname, port, path, method: "PUT", headers }, (answer) => {
        answer.resume();
        answer.once("end", () => {
          if (answer.statusCode === 200) resolve(performance.now() - startedAt);
          else reject(new Error(`a ping was answered ${answer.statusCode}`));
        });
      });
      asked.once("error", reject);
      asked.end(body);
    });

  return {
    /** Every room once, as fast as the connections take them. */
    async flood(): Promise<Pings> {
      const latencies: number[] = [];
      const startedAt = performance.now();
      let next = 0;
      const work = async () => {
        for (let call = calls[next++]; call; call = calls[next++]) latencies.push(await ping(call));
      };
      await Promise.all(Array.from({ length: connections }, work));
      return { count: rooms.length, seconds: (performance.now() - startedAt) / 1_000, latencies };
    },
    /** Every room once within `seconds`, evenly. */
    async pace(seconds: number): Promise<Pings> {
      const startedAt = performance.now();
      const waiting = calls.map(async (call, index) => {
        const atMs = (index * seconds * 1_000) / calls.length;
        await new Promise((resolve) => setTimeout(resolve, atMs));
        return ping(call);
      });
      const latencies = await Promise.all(waiting);
      return { count: rooms.length, seconds: (performance.now() - startedAt) / 1_000, latencies };
    },
    close: () => agent.destroy(),
  };
}
