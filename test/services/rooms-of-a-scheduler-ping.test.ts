import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { createRoomVoice } from "../../server/connectors/room-voice.ts";
import type { Room } from "../../server/daemon/room.ts";
import { startRoomPings } from "../../server/daemon/room-pings.ts";
import { until } from "../support/until.ts";

/* A room's side of the protocol, over an API and a room that the tests play. */
type Answer = Awaited<ReturnType<Parameters<typeof startRoomPings>[0]["voice"]["ping"]>>;

const heard = (commands: string[] = []): Answer => ({ heard: true, commands });
let stop: () => Promise<void> = () => Promise.resolve();
afterEach(() => stop());

function startWith(answer: (pings: number) => Answer) {
  const said: string[] = [];
  const work: string[] = [];
  const changed = new Set<() => void>();
  const done = Promise.withResolvers<void>();
  const state = { isEnded: false, isDraining: false };
  const room: Room = {
    holding: () => work,
    async drain() {
      state.isDraining = true;
      await done.promise;
    },
    onChange(listener) {
      changed.add(listener);
      return () => changed.delete(listener);
    },
    stop: () => Promise.resolve(),
  };
  const pings = startRoomPings({
    voice: {
      ping(status) {
        said.push(status);
        return Promise.resolve(answer(said.length));
      },
    },
    room,
    log: pino({ level: "silent" }),
    pingTimeoutSeconds: 0.05,
    end: () => {
      state.isEnded = true;
    },
  });
  stop = pings.stop;
  const setWork = (...names: string[]) => {
    work.splice(0, work.length, ...names);
    for (const listener of changed) listener();
  };
  return { said, state, setWork, finish: done.resolve, stop: pings.stop };
}

test("it is occupied while it has work, and says a last word when it stops", async () => {
  const { said, setWork, stop: end, state } = startWith(() => heard());
  await until("it is ready", () => said.at(-1) === "ready");
  setWork("transfer 1");
  await until("it is occupied", () => said.at(-1) === "occupied");
  setWork();
  await until("it is ready again", () => said.at(-1) === "ready");
  await end();
  expect(said.at(-1)).toBe("terminated");
  expect(state.isEnded).toBe(false);
});

test("told to drain it takes nothing more, and ends when it is free", async () => {
  const { said, setWork, finish, state } = startWith((pings) => heard(pings > 1 ? ["drain"] : []));
  setWork("transfer 1");
  await until("it drains", () => state.isDraining);
  expect(state.isEnded).toBe(false);
  setWork();
  await until("it says so", () => said.at(-1) === "terminating");
  finish();
  await until("it ends", () => state.isEnded);
});

test("it ends where it is not known any more, and where nobody hears it for long", async () => {
  const gone = startWith(() => ({ heard: "gone" }));
  await until("it ends", () => gone.state.isEnded);
  await gone.stop();

  const unheard = startWith((pings) =>
    pings > 3 ? { heard: false, why: "connection refused" } : heard(),
  );
  await until("it ends", () => unheard.state.isEnded);
  // Its silence began after it was heard, and one ping that is lost is no reason.
  expect(unheard.said.length).toBeGreaterThan(5);
});

test("it is gone by Maestro's own word, and not by the 404 of a proxy before it", async () => {
  let answer = "";
  const server = createServer((_, response) => void response.writeHead(404).end(answer));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const voice = createRoomVoice({ scheduler: "fleet", room: "fleet-1", url, token: "t" });
  for (answer of ["<h1>no healthy upstream</h1>", "null", '{"error":"no such host"}']) {
    expect(await voice.ping("ready")).toEqual({ heard: false, why: "the API answers 404" });
  }
  answer = JSON.stringify({ code: "notFound", error: "there is no room fleet-1", success: false });
  expect(await voice.ping("ready")).toEqual({ heard: "gone" });
});
