interface Timed {
  id: number;
  lastParentId: number | null;
  startedAt: string | null;
  endedAt: string | null;
  remainingSeconds: number;
}

/**
 * The chain of table runs that a run's length comes from, first to last: from the one that ended last
 * back along the parents that let each one go. While the run goes on it ends at the one under way
 * that has the longest path below it.
 */
export function criticalPath(tableRuns: readonly Timed[]): number[] {
  const byId = new Map(tableRuns.map((each) => [each.id, each]));
  let last: Timed | undefined;
  for (const each of tableRuns) {
    if (each.startedAt !== null && (!last || isLater(each, last))) last = each;
  }
  const path: number[] = [];
  for (let at = last; at !== undefined; at = byId.get(at.lastParentId ?? -1)) path.unshift(at.id);
  return path;
}

function isLater(a: Timed, b: Timed): boolean {
  if (a.endedAt === null || b.endedAt === null) {
    if (a.endedAt !== b.endedAt) return a.endedAt === null;
    return a.remainingSeconds > b.remainingSeconds;
  }
  return a.endedAt > b.endedAt;
}
