import type { CloudPlace } from "../../../shared/cloud.ts";
import {
  localBucket,
  localProject,
  type ServiceAccountKey,
} from "../../../shared/settings-cloud.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "./read-settings.ts";

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
