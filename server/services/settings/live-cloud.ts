import type { CloudPlace } from "../../../shared/cloud.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { ServiceAccountKey } from "../../../shared/settings-cloud.ts";
import type { CloudProbe } from "../../connectors/cloud-probe.ts";
import { startLoop } from "../../support/loop.ts";
import type { Cloud, Clouds, Deps } from "../deps.ts";
import { cloudOf } from "./cloud-calls.ts";
import { readCloudSettings, readProjectKey } from "./cloud-settings.ts";

/*
 * BigQuery and Cloud Storage as they are set, in all processes at once and without a restart.
 *
 * A run names the place where it began (its project, location and bucket), and all that is done for it is
 * done there, whatever is set meanwhile: its jobs are found, its children read what their parents wrote,
 * its files are where it left them. Only what begins after a change begins in the new place.
 *
 * Credentials are of a project and no part of the place. Another key for the same project opens it from
 * then on, for runs under way too: they outlive a key that is revoked. Where the project changes, what
 * opened it is kept under its name, a key sealed and application default credentials by a marker, in the
 * transaction that changes it: a key until nothing is under way there (forget-retired-credentials.ts). No
 * project is opened with what is set for another one (bind-credentials.ts): which it is is read when it is
 * opened.
 *
 * A process hears of a change by NOTIFY, and by a poll where that was lost. One that has not heard yet
 * begins a run in the old place, which is as good: the run says so, and everybody finishes it there.
 */

/** Covers a NOTIFY that was lost. */
const periodMs = 15_000;

export interface CloudOptions {
  /** Whether this process has a local cloud. */
  hasLocalCloud: boolean;
  connect(place: CloudPlace, key: ServiceAccountKey | null): Cloud;
  probe(place: CloudPlace, key: ServiceAccountKey | null): CloudProbe;
  spreadsheetUrl(place: CloudPlace | null, spreadsheetId: string): string;
}

type Readers = Pick<Deps, "db" | "secretBox" | "givenSettings">;

interface Held {
  place: CloudPlace;
  cloud: Cloud;
  /** The clients, and the key that they were made with. */
  opened: Promise<{ made: Cloud; key: ServiceAccountKey | null }> | null;
}

export async function startLiveCloud(
  deps: Readers & Pick<Deps, "changes" | "log">,
  options: CloudOptions,
): Promise<Cloud & { clouds: Clouds; close(): Promise<void> }> {
  let set = await readCloudSettings(deps, options.hasLocalCloud);
  if (set.place === null) deps.log.warn(notSet().message);
  const held = new Map<string, Held>();

  const at = (place: CloudPlace): Cloud => {
    const name = [place.isLocal, place.projectId, place.location, place.bucket].join(" ");
    const known = held.get(name);
    if (known) return known.cloud;
    const one: Held = { place, opened: null, cloud: cloudOf(factsOf(place), () => open(one)) };
    held.set(name, one);
    return one.cloud;
  };
  const factsOf = (place: CloudPlace) => ({
    projectId: () => place.projectId,
    location: () => place.location,
    bucket: () => place.bucket,
    urlOf: (id: string) => options.spreadsheetUrl(place, id),
  });
  const open = async (one: Held): Promise<Cloud> => {
    one.opened ??= readKey(deps, one.place).then((key) => ({
      made: options.connect(one.place, key),
      key,
    }));
    const { opened } = one;
    try {
      return (await opened).made;
    } catch (error) {
      if (one.opened === opened) one.opened = null;
      throw error;
    }
  };
  /** Those whose key is another now are opened anew by the next call. */
  const renew = async (one: Held) => {
    const opened = await one.opened?.catch(() => null);
    if (!opened) return;
    const key = await readKey(deps, one.place).catch(undefinedIfForgotten);
    if (JSON.stringify(key) !== JSON.stringify(opened.key)) one.opened = null;
  };

  const loop = startLoop({
    name: "cloud settings",
    log: deps.log,
    periodMs,
    async body() {
      const now = await readCloudSettings(deps, options.hasLocalCloud);
      if (JSON.stringify(now.place) !== JSON.stringify(set.place)) {
        deps.log.info({ from: set.place, to: now.place }, "runs begin in another cloud");
      }
      set = now;
      for (const one of held.values()) await renew(one);
    },
  });
  const unsubscribe = deps.changes.subscribe(({ noun }) => {
    if (noun === "setting") loop.wake();
  });

  const currentFacts = {
    projectId: () => set.place?.projectId ?? "",
    location: () => set.place?.location ?? "",
    bucket: () => set.place?.bucket ?? "",
    urlOf: (id: string) => options.spreadsheetUrl(set.place, id),
  };
  return {
    ...cloudOf(currentFacts, async () => {
      if (set.place === null) throw notSet();
      return at(set.place);
    }),
    clouds: {
      current: () => set.place,
      at,
      async probe() {
        const { place, key } = await readCloudSettings(deps, options.hasLocalCloud);
        if (place === null) throw notSet();
        return options.probe(place, key);
      },
    },
    close() {
      unsubscribe();
      return loop.stop();
    },
  };
}

function notSet(): MaestroError {
  return new MaestroError(
    "configuration",
    "no BigQuery is set: an admin names its project and a bucket under Settings, or by `maestro settings set-bigquery`",
  );
}

async function readKey(deps: Readers, place: CloudPlace): Promise<ServiceAccountKey | null> {
  return place.isLocal ? null : readProjectKey(deps, place.projectId);
}

function undefinedIfForgotten(error: unknown): undefined {
  if (error instanceof MaestroError && error.code === "configuration") return;
  throw error;
}
