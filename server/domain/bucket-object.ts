import type { TableRunState } from "../../shared/run.ts";

/*
 * What becomes of the objects in the bucket, by their names:
 *
 *   extracts/DATASET.TABLE/TABLE RUN/…   kept for the retention time; of each table the newest is kept
 *                                        on. What an earlier attempt has left beside it goes after a day
 *   imports/TABLE RUN/CLAIM/…            go with their load. What dead claims have left goes after a
 *                                        day, once the table run has ended
 *   exports/TABLE RUN/ATTEMPT/…          go an hour after the table run has ended
 *   uploads/DATASET.TABLE/ID/FILE        go with their load. What nobody has loaded goes after the
 *                                        retention time
 *
 * Nothing of a table run that is under way is touched, nor what a resume would read.
 */

export interface BucketObject {
  name: string;
  createdAt: Date;
}

/** What is known of the table run that an object is of. */
export interface ObjectOwner {
  state: TableRunState;
  /** Objects that its load is to read. */
  stagedObjects: string[];
  extractObjects: string[];
  /** Whether its extract is its table's newest, and the table is there. */
  isNewestExtract: boolean;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const sweptPrefixes = ["extracts/", "imports/", "exports/", "uploads/"] as const;

/** The table run that an object is of; null for uploads, and for what is none of ours. */
export function tableRunOf(name: string): number | null {
  const match = /^(?:extracts\/[^/]+|imports|exports)\/(\d{1,15})\//.exec(name);
  return match ? Number(match[1]) : null;
}

/**
 * Whether an object's time is up. `owner` is null where its table run was forgotten; `isNamed` says of
 * an upload whether a table run is to load it. No retention days: for ever.
 */
export function isOver(
  object: BucketObject,
  owner: ObjectOwner | null,
  { now, retentionDays, isNamed }: { now: Date; retentionDays: number; isNamed: boolean },
): boolean {
  const ageMs = now.getTime() - object.createdAt.getTime();
  const isRetained = retentionDays === 0 || ageMs <= retentionDays * dayMs;
  if (owner && ["waiting", "ready", "running"].includes(owner.state)) return false;
  switch (object.name.slice(0, object.name.indexOf("/"))) {
    case "extracts":
      return isExtractOver(object, owner, { isRetained, ageMs });
    case "imports":
      return ageMs > dayMs && !owner?.stagedObjects.includes(object.name);
    case "exports":
      return ageMs > hourMs;
    case "uploads":
      return !isRetained && !isNamed;
    default:
      return false;
  }
}

function isExtractOver(
  { name }: BucketObject,
  owner: ObjectOwner | null,
  { isRetained, ageMs }: { isRetained: boolean; ageMs: number },
): boolean {
  if (owner === null) return !isRetained;
  if (owner.extractObjects.includes(name)) return !isRetained && !owner.isNewestExtract;
  // A resume of one that failed may list these as its own.
  return owner.state === "succeeded" ? ageMs > dayMs : !isRetained;
}
