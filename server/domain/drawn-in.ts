/** A table run with the edges of its run. */
interface Linked {
  id: number;
  tableName: string;
  parentIds: number[];
  asked: boolean | null;
}

export interface DrawnIn {
  as: "ancestor" | "descendant";
  /** The table asked for that it belongs to; of several, one. */
  of: string;
}

/**
 * For which of the tables asked for each other table of a run by hand takes part. Descendants are
 * looked for among what has no way down to a table asked for.
 */
export function findDrawnIn(tableRuns: readonly Linked[]): Map<number, DrawnIn> {
  const byId = new Map(tableRuns.map((each) => [each.id, each]));
  const childrenOf = new Map<number, number[]>();
  for (const { id, parentIds } of tableRuns) {
    for (const parent of parentIds) {
      const list = childrenOf.get(parent);
      if (list) list.push(id);
      else childrenOf.set(parent, [id]);
    }
  }
  const drawnIn = new Map<number, DrawnIn>();
  const walk = (as: DrawnIn["as"], next: (id: number) => readonly number[]) => {
    const queue = tableRuns
      .filter(({ asked }) => asked)
      .map(({ id, tableName: of }) => ({ id, of }));
    for (const { id, of } of queue) {
      for (const reached of next(id)) {
        const row = byId.get(reached);
        if (!row || row.asked || drawnIn.has(reached)) continue;
        drawnIn.set(reached, { as, of });
        queue.push({ id: reached, of });
      }
    }
  };
  walk("ancestor", (id) => byId.get(id)?.parentIds ?? []);
  walk("descendant", (id) => childrenOf.get(id) ?? []);
  return drawnIn;
}
