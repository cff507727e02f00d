import { MaestroError } from "../../../shared/errors.ts";
import type { SettingChanges } from "../../../shared/settings.ts";
import { abortableWithin } from "../../support/abortable.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

type Makers = Pick<Deps, "db" | "clouds" | "log">;

const placeKeys = [
  "bigquery.project",
  "bigquery.location",
  "bigquery.bucket",
  "bigquery.credentials",
] as const;

/** A save waits no longer for a cloud that does not answer. */
const longestMs = 10_000;

/**
 * Makes the bucket of the place that was set just now, in its location, where it is missing and the account
 * may. What keeps it from that fails no save: the check names it, with the command.
 */
export async function makeMissingBucket(
  deps: Makers,
  actor: Actor,
  changes: SettingChanges,
): Promise<void> {
  if (placeKeys.every((key) => changes[key] === undefined)) return;
  try {
    const overdue = () => new MaestroError("timeout", `no answer within ${longestMs / 1000} s`);
    await abortableWithin(longestMs, make(deps, actor), new AbortController().signal, overdue);
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    deps.log.warn({ err: error }, "the bucket that was set is not there, nor made");
  }
}

async function make({ db, clouds }: Makers, actor: Actor): Promise<void> {
  const probe = await clouds.probe();
  if (!(await probe.makeBucket())) return;
  const { bucket, location } = probe.place;
  await recordChange(db, actor, {
    action: "bucket.make",
    subjectKind: "setting",
    subjectId: null,
    detail: { key: "bigquery.bucket", bucket, location },
  });
}
