import type { RoomStatus } from "../../shared/room.ts";

/** Who a room is, as its runtime told it. */
export interface RoomIdentity {
  scheduler: string;
  room: string;
  /** Of Maestro's API. */
  url: string;
  token: string;
}

export type PingAnswer =
  | { heard: true; commands: string[] }
  /** Nobody answered, or with a fault of its own. */
  | { heard: false; why: string }
  /** The room is not known any more. */
  | { heard: "gone" };

export interface RoomVoice {
  ping(status: RoomStatus): Promise<PingAnswer>;
}

const answerMs = 5_000;

/** Speaks the room protocol (docs/rooms.md). */
export function createRoomVoice({ scheduler, room, url, token }: RoomIdentity): RoomVoice {
  const address = `${url}/scheduler/${encodeURIComponent(scheduler)}/rooms/${encodeURIComponent(room)}/ping`;
  return {
    async ping(status) {
      try {
        const response = await fetch(address, {
          method: "PUT",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify({ timestamp: Date.now(), status }),
          // The token is for this address alone.
          redirect: "manual",
          signal: AbortSignal.timeout(answerMs),
        });
        const text = await response.text();
        if (response.status === 404 && isOurs(text)) return { heard: "gone" };
        // What does not follow from its state is refused, by one who has heard it.
        if (response.ok || response.status === 409)
          return { heard: true, commands: commandsOf(text) };
        return { heard: false, why: `the API answers ${response.status}` };
      } catch (error) {
        return { heard: false, why: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

/** Whether it is Maestro that does not know the room: a proxy before it may answer 404 for a while. */
function isOurs(text: string): boolean {
  try {
    return (JSON.parse(text) as { code?: unknown } | null)?.code === "notFound";
  } catch {
    return false;
  }
}

function commandsOf(text: string): string[] {
  const { commands } = JSON.parse(text) as { commands?: string[] };
  return commands ?? [];
}
