/**
 * Promise.all that leaves nothing running behind: it rejects, with the first in the list that did,
 * only when all have ended.
 */
export async function allEnded<T extends readonly unknown[]>(
  promises: readonly [...T],
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
