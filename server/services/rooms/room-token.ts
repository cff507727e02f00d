import { createHmac, timingSafeEqual } from "node:crypto";
import type { RoomKey } from "../../connectors/room-store.ts";
import type { Deps } from "../deps.ts";

/** The bearer of one room, which nobody else can make and which is stored nowhere. */
export function roomToken({ secretBox }: Pick<Deps, "secretBox">, room: RoomKey): string {
  const key = secretBox.derive("room tokens");
  const text = `${room.scheduler}/${room.room}`;
  return createHmac("sha256", key).update(text).digest("base64url");
}

export function isRoomToken(deps: Pick<Deps, "secretBox">, room: RoomKey, token: string): boolean {
  const expected = Buffer.from(roomToken(deps, room));
  const given = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
