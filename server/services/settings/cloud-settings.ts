import type { CloudPlace } from "../../../shared/cloud.ts";
import { MaestroError, messageOf } from "../../../shared/errors.ts";
import {
  localBucket,
  localProject,
  type ServiceAccountKey,
  serviceAccountKey,
} from "../../../shared/settings-cloud.ts";
import { selectSettings } from "../../db/settings.ts";
import type { Deps } from "../deps.ts";
import { readSettings, storedText } from "./read-settings.ts";

export interface CloudSettings {
  /** Null where no project is set and there is no local cloud, or the project has no bucket. */
  place: CloudPlace | null;
  /** Null for application default credentials. */
  key: ServiceAccountKey | null;
}

const keys = [
  "bigquery.project",
  "bigquery.location",
  "bigquery.bucket",
  "bigquery.credentials",
] as const;

/**
 * Where runs begin as it is set now: in the project, or in the local cloud where there is none. The local
 * cloud heeds only what the process was given: what is stored is meant for Google.
 */
export async function readCloudSettings(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
  hasLocalCloud: boolean,
): Promise<CloudSettings> {
  const values = await readSettings(deps, keys);
  const projectId = values["bigquery.project"];
  const location = values["bigquery.location"] ?? "US";
  const bucket = values["bigquery.bucket"];
  if (projectId === null) {
    const { "bigquery.location": at = "US", "bigquery.bucket": own = localBucket } =
      deps.givenSettings;
    const local = { isLocal: true, projectId: localProject, location: at, bucket: own };
    return { place: hasLocalCloud ? local : null, key: null };
  }
  const key = values["bigquery.credentials"];
  return { place: bucket === null ? null : { isLocal: false, projectId, location, bucket }, key };
}

/** Where the credentials of a project are kept that is not the one any more, for what goes on there. */
export function retiredKey(projectId: string): string {
  return `${retiredPrefix}${projectId}`;
}

export const retiredPrefix = "bigquery.credentials/";

/** Stands for the credentials of a former project that had none of its own. */
export const applicationDefault = "application default credentials";

/**
 * What opens a project, as it is stored at this moment: one statement, so that no project is opened with
 * what belongs to another while both are changed. Throws `configuration` where the project is a former one
 * of which nothing is kept.
 */
export async function readProjectKey(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
  projectId: string,
): Promise<ServiceAccountKey | null> {
  const retired = retiredKey(projectId);
  const wanted = ["bigquery.project", "bigquery.credentials", retired];
  const rows = await selectSettings(deps.db, wanted).catch((cause) => {
    const text = `the credentials of ${projectId} cannot be read: ${messageOf(cause)}`;
    throw new MaestroError("transient", text, { cause, retryable: true });
  });
  const stored = (key: string) =>
    storedText(
      deps,
      rows.find((row) => row.key === key),
    );
  const { "bigquery.project": givenProject, "bigquery.credentials": givenKey } = deps.givenSettings;
  const current = givenProject ?? stored("bigquery.project");
  const kept = projectId === current ? null : stored(retired);
  // A process that is started for another project was told with what it opens this one too.
  const isKnown = kept !== null || givenProject !== undefined || givenKey !== undefined;
  if (projectId !== current && !isKnown) throw notKept(projectId, current);
  const text = kept ?? givenKey ?? stored("bigquery.credentials");
  return text === null || text === applicationDefault ? null : serviceAccountKey.parse(text);
}

function notKept(projectId: string, current: string | null): MaestroError {
  const now = current === null ? "no project is set now" : `the project is ${current} now`;
  return new MaestroError(
    "configuration",
    `the credentials of the project ${projectId}, where this began, are not kept any more, and ${now}: run the table again, or set ${projectId} and its key again`,
  );
}
