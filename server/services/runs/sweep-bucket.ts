import { MaestroError } from "../../../shared/errors.ts";
import {
  type BucketOwner,
  markExtractsRemoved,
  selectBucketOwners,
  selectNamedUploads,
} from "../../db/bucket-owners.ts";
import {
  type BucketObject,
  isOver,
  sweptPrefixes,
  tableRunOf,
} from "../../domain/bucket-object.ts";
import { abortableWithin } from "../../support/abortable.ts";
import { retryTransient } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";
import { removeObjects } from "../transfers/remove-objects.ts";

type SweepDeps = Pick<Deps, "db" | "objectStore" | "log" | "limits" | "now" | "random">;

const retries = 5;
const listMs = 60_000;
/** Where nothing can be deleted, a bucket's rights say, the rest is left for another time. */
const mostLeft = 100;

/**
 * Deletes from the bucket what nobody needs any more (domain/bucket-object.ts), a page of its listing at
 * a time. By names that were listed before anything was asked, so that what a table run begins meanwhile
 * is not among them; any number of daemons may do it at once, since a missing object is no error.
 * Answers how many objects went.
 */
export async function sweepBucket(deps: SweepDeps, signal: AbortSignal): Promise<number> {
  let removed = 0;
  let left = 0;
  for (const prefix of sweptPrefixes) {
    let pageToken: string | null = null;
    do {
      if (signal.aborted || left >= mostLeft) return removed;
      const page: Page = await listInTime(deps, prefix, pageToken, signal);
      const swept = await sweepPage(deps, page.objects);
      removed += swept.removed;
      left += swept.left;
      pageToken = page.nextPageToken;
    } while (pageToken !== null);
  }
  if (removed > 0) deps.log.info({ objects: removed }, "files whose time was up were deleted");
  return removed;
}

type Page = Awaited<ReturnType<Deps["objectStore"]["listPage"]>>;

/** Google's client has no limit of its own for a bucket that takes a request and never answers it. */
function listInTime(
  { objectStore, random }: SweepDeps,
  prefix: string,
  pageToken: string | null,
  signal: AbortSignal,
): Promise<Page> {
  const overdue = () => {
    const text = `the bucket did not list ${prefix} within ${listMs / 1000} s`;
    return new MaestroError("storage", text, { retryable: true });
  };
  const list = () =>
    abortableWithin(listMs, objectStore.listPage(prefix, pageToken), signal, overdue);
  return retryTransient(list, { retries, random, signal });
}

async function sweepPage(
  deps: SweepDeps,
  objects: BucketObject[],
): Promise<{ removed: number; left: number }> {
  if (objects.length === 0) return { removed: 0, left: 0 };
  const ids = new Set(objects.flatMap(({ name }) => tableRunOf(name) ?? []));
  const owners = new Map<number, BucketOwner>();
  if (ids.size > 0) {
    for (const owner of await selectBucketOwners(deps.db, [...ids])) owners.set(owner.id, owner);
  }
  const uploads = objects.filter(({ name }) => name.startsWith("uploads/"));
  const named =
    uploads.length > 0
      ? await selectNamedUploads(
          deps.db,
          uploads.map(({ name }) => name),
        )
      : new Set<string>();
  const now = deps.now();
  const { extractRetentionDays: retentionDays } = deps.limits;
  const ownerOf = ({ name }: BucketObject) => owners.get(tableRunOf(name) ?? 0) ?? null;
  const over = objects.filter((object) =>
    isOver(object, ownerOf(object), { now, retentionDays, isNamed: named.has(object.name) }),
  );
  const ended = new Set(
    over.flatMap((object) => {
      const owner = ownerOf(object);
      return owner?.extractObjects.includes(object.name) ? [owner.id] : [];
    }),
  );
  if (ended.size > 0) await markExtractsRemoved(deps.db, [...ended]);
  const left = await removeObjects(
    deps,
    over.map(({ name }) => name),
  );
  return { removed: over.length - left.length, left: left.length };
}
