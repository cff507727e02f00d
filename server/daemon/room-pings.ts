import type { Log } from "../support/log.ts";
import { startLoop } from "../support/loop.ts";
import type { Room } from "./room.ts";

/*
 * What a room of a scheduler says, every 10 s and as soon as it becomes occupied or free: `ready` or
 * `occupied`, by whether it has work; `terminating` once it is to take nothing more; `terminated` at its
 * end. It ends by itself when it was told to drain and is free, when it is not known any more, and when
 * nobody has heard it for twice the ping timeout: others have what it had by then.
 */

type Status = "ready" | "occupied" | "terminating" | "terminated";

/** What connectors/room-voice.ts does. */
interface Voice {
  ping(
    status: Status,
  ): Promise<
    { heard: true; commands: string[] } | { heard: false; why: string } | { heard: "gone" }
  >;
}

const periodMs = 10_000;

export function startRoomPings(options: {
  voice: Voice;
  room: Room;
  log: Log;
  pingTimeoutSeconds: number;
  /** Ends this process as a signal does. */
  end: () => void;
}): { stop(): Promise<void> } {
  const { voice, room, log } = options;
  const silenceMs = 2_000 * options.pingTimeoutSeconds;
  let heardMs = performance.now();
  let isDraining = false;
  let isEnding = false;

  const end = (why: string) => {
    if (isEnding) return;
    isEnding = true;
    log.warn(`room: ends by itself: ${why}`);
    options.end();
  };
  const drain = () => {
    if (isDraining) return;
    isDraining = true;
    log.info("room: takes nothing more, and ends when it is free");
    void room.drain().then(() => end("it was told to, and is free"));
  };
  const statusNow = (): Status => {
    // It is occupied for those who wait for it to be free.
    if (room.holding().length > 0) return "occupied";
    return isDraining ? "terminating" : "ready";
  };
  const loop = startLoop({
    name: "room pings",
    log,
    periodMs: Math.min(periodMs, (1_000 * options.pingTimeoutSeconds) / 3),
    async body() {
      const answer = await voice.ping(statusNow());
      if (answer.heard === "gone") return end("Maestro does not know it any more");
      if (answer.heard) {
        heardMs = performance.now();
        if (answer.commands.includes("drain")) drain();
        return;
      }
      const silentMs = performance.now() - heardMs;
      log.warn({ why: answer.why }, "room: its ping was not heard");
      if (silentMs > silenceMs) end(`nobody has heard it for ${Math.round(silentMs / 1_000)} s`);
    },
  });
  const stopListening = room.onChange(() => loop.wake());
  return {
    async stop() {
      stopListening();
      await loop.stop();
      await voice.ping("terminated");
    },
  };
}
