/*
 * Where the pings of rooms are kept: thousands a second, of which nearly all say what the one before
 * said. A ping's mark is what it says, as one word; a ping with the mark of the one before changes
 * nothing but the time, and that is all the store is for. What a room's state is stands in PostgreSQL
 * alone: a ping with another mark is looked at there, and its mark is put here after. So the store may
 * be emptied or be away at any time, and all that is lost is how long ago a room pinged.
 */
export interface RoomStore {
  /** Notes a ping whose mark is that of the one before; false: it is another, and nothing was noted. */
  touch(room: RoomKey, mark: string): Promise<boolean>;
  /** Notes a ping and its mark. */
  put(room: RoomKey, mark: string): Promise<void>;
  /** The room's next ping is to be looked at, whatever it says. Its time stays. */
  unmark(room: RoomKey): Promise<void>;
  remove(room: RoomKey): Promise<void>;
  read(scheduler: string): Promise<RoomPings>;
}

export interface RoomKey {
  scheduler: string;
  room: string;
}

export interface RoomPings {
  /** Since when, at least, the store has kept what it was told; null: always. */
  keptMs: number | null;
  /**
   * By the room's id: how long ago it pinged, by the store's own clock, and its mark's first word, with
   * which its pings end in the store; null where marks are PostgreSQL's own rows.
   */
  rooms: Map<string, { silentMs: number; marked: string | null }>;
}
