/**
 * A ping's mark: its status and its metadata. PostgreSQL compares both with the room's row; any other
 * store compares the text.
 */
export function markOf(status: string, metadata: Record<string, unknown>): string {
  return `${status} ${JSON.stringify(metadata)}`;
}

/** As it is put once the room is to be told something at every ping: no ping has this one. */
export const watchedMark = "watched";

/** Whether the pings of a room that is marked so would end in the store, though it is in another state. */
export function isStaleMark(
  marked: string | null,
  room: { state: string; isDraining: boolean },
): boolean {
  if (marked === null || marked === "" || marked === watchedMark) return false;
  return marked !== room.state || room.isDraining;
}

export function readMark(mark: string): { state: string; metadata: string } {
  const space = mark.indexOf(" ");
  return { state: mark.slice(0, space), metadata: mark.slice(space + 1) };
}
