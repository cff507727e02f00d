import type { TableDefinition } from "../../../shared/table.ts";
import type { PlannedEffect } from "../../../shared/table-plan.ts";
import {
  matchNames,
  selectChildIds,
  selectEdges,
  selectParentIds,
  selectReadersOfName,
} from "../../db/catalog-edges.ts";
import type { Db } from "../../db/client.ts";
import { idArray } from "../../db/sql-text.ts";
import { selectTableStatuses } from "../../db/table-list.ts";
import type { StoredReference } from "../../db/table-references.ts";
import { findCycleThrough } from "../../domain/graph.ts";

/** Stands for a table that is not saved yet; ids begin at 1. */
const unsavedId = 0;

/** Another table that is saved together with the planned one. */
export interface SavedBeside {
  id: number;
  definition: TableDefinition;
  references: StoredReference[];
}

export interface GraphChange {
  cycle: string[] | null;
  newParents: string[];
  droppedParents: string[];
  newReaders: string[];
  /** Readers of a name that it has no more. */
  left: PlannedEffect[];
  /** Those who read it before and after. */
  readers: PlannedEffect[];
}

interface Change {
  id: number | null;
  saved: TableDefinition | null;
  definition: TableDefinition;
  references: StoredReference[];
  others: readonly SavedBeside[];
}

/** What a save does to the edges around a table, with what is saved beside it. */
export async function planGraph(db: Db, change: Change): Promise<GraphChange> {
  const { id, saved, definition } = change;
  const ownId = id ?? unsavedId;
  const [parents, parentsBefore, readersBefore, readers] = await Promise.all([
    parentsOf(db, change.references, ownId),
    id === null ? [] : selectParentIds(db, id),
    id === null ? [] : selectChildIds(db, id),
    readersAfter(db, change, ownId),
  ]);
  const cycle = await findCycle(db, change, { ownId, parents, readers });
  const shown = [...parents, ...parentsBefore, ...readersBefore, ...readers, ...(cycle ?? [])];
  const rows = await selectTableStatuses(db, idArray([...new Set(shown)]));
  const names = new Map(rows.map((row) => [row.id, row.name]));
  const own = nameOf(definition);
  const label = (tableId: number) =>
    tableId === ownId ? own : (names.get(tableId) ?? String(tableId));
  const beside = new Set(change.others.map((other) => other.id));
  const was = saved === null ? own : nameOf(saved);
  const message = `it reads ${was}, which nothing renews then: change its SQL`;
  return {
    cycle: cycle?.map(label) ?? null,
    newParents: without(parents, parentsBefore).map(label),
    droppedParents: without(parentsBefore, parents).map(label),
    newReaders: id === null ? [] : without(readers, readersBefore).map(label),
    left: without(readersBefore, readers)
      .filter((reader) => !beside.has(reader))
      .map((reader) => ({ id: reader, name: label(reader), message })),
    readers: readersBefore
      .filter((reader) => readers.includes(reader))
      .map((reader) => ({ id: reader, name: label(reader), message: "" })),
  };
}

function nameOf({ dataset, name }: Pick<TableDefinition, "dataset" | "name">): string {
  return `${dataset}.${name}`;
}

function without(ids: number[], taken: number[]): number[] {
  const gone = new Set(taken);
  return ids.filter((id) => !gone.has(id));
}

async function parentsOf(
  db: Db,
  references: readonly StoredReference[],
  ownId: number,
): Promise<number[]> {
  const matches = await matchNames(db, [...references]);
  const ignored = new Set(
    matches.filter(({ index }) => references[index]?.ignored).map((match) => match.id),
  );
  const parents = matches.filter(({ id }) => id !== ownId && !ignored.has(id));
  return [...new Set(parents.map((match) => match.id))];
}

/** Who reads the name that it will have. */
async function readersAfter(
  db: Db,
  { definition, others }: Change,
  ownId: number,
): Promise<number[]> {
  const { dataset, name } = definition;
  const beside = new Set(others.map((other) => other.id));
  const stored = await selectReadersOfName(db, dataset, name);
  const fresh = others.filter(({ references }) => {
    const meant = references.filter((one) => means(one, dataset, name));
    return meant.length > 0 && !meant.some(({ ignored }) => ignored);
  });
  const kept = stored.filter((reader) => !beside.has(reader));
  return [...kept, ...fresh.map(({ id }) => id)].filter((reader) => reader !== ownId);
}

function means(reference: StoredReference, dataset: string, name: string): boolean {
  if (reference.dataset !== dataset) return false;
  return reference.isWildcard ? name.startsWith(reference.name) : name === reference.name;
}

async function findCycle(
  db: Db,
  { others }: Change,
  { ownId, parents, readers }: { ownId: number; parents: number[]; readers: number[] },
): Promise<number[] | null> {
  if (parents.length === 0 || readers.length === 0) return null;
  const beside = new Set(others.map((other) => other.id));
  const kept = (await selectEdges(db)).filter(
    ([parent, child]) => parent !== ownId && child !== ownId && !beside.has(child),
  );
  const fresh = await Promise.all(
    others.map(async (other) => {
      const above = await parentsOf(db, other.references, other.id);
      return above
        .filter((parent) => parent !== ownId)
        .map((parent): [number, number] => [parent, other.id]);
    }),
  );
  const edges = [
    ...kept,
    ...fresh.flat(),
    ...parents.map((parent): [number, number] => [parent, ownId]),
    ...readers.map((reader): [number, number] => [ownId, reader]),
  ];
  return findCycleThrough({ ids: [...new Set(edges.flat())], edges }, ownId);
}
