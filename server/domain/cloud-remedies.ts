import type { CloudPlace } from "../../shared/cloud.ts";

/*
 * What to do where Google refuses something that a check of BigQuery and Cloud Storage tries: by what was
 * tried, and by Google's words for why it is refused. The roles are the least of the predefined ones that
 * hold the permission (cloud.google.com/bigquery/docs/access-control, /storage/docs/access-control).
 */

export type Tried =
  | "signIn"
  | "dryRun"
  | "runQuery"
  | "createDataset"
  | "findDataset"
  | "writeDataset"
  | "readDataset"
  | "findBucket"
  | "writeObject"
  | "listObjects"
  | "readObject"
  | "removeObject"
  | "signUrl";

export interface Refusal {
  tried: Tried;
  /** Google's. */
  words: string;
  place: CloudPlace;
  /** The service account's address; null where it is not known. */
  account: string | null;
  /** What it was tried on, where that was a dataset. */
  dataset: string | null;
}

/** Google may leave its name out: it is the one that what was tried takes. */
const permissions: Record<Tried, string | null> = {
  signIn: null,
  dryRun: "bigquery.jobs.create",
  runQuery: "bigquery.jobs.create",
  createDataset: "bigquery.datasets.create",
  findDataset: "bigquery.datasets.get",
  writeDataset: "bigquery.tables.create",
  readDataset: "bigquery.tables.getData",
  findBucket: "storage.objects.list",
  writeObject: "storage.objects.create",
  listObjects: "storage.objects.list",
  readObject: "storage.objects.get",
  removeObject: "storage.objects.delete",
  signUrl: "iam.serviceAccounts.signBlob",
};

const isDenied =
  /access denied|permission|does not have|forbidden|not authorized|\b403\b|IAM_PERMISSION_DENIED/i;

/** The permission that is missing; null where that is not what is wrong. */
export function missingPermission({
  tried,
  words,
}: Pick<Refusal, "tried" | "words">): string | null {
  if (!isDenied.test(words) || disabledApi(words) !== null) return null;
  const named = /\b(?:(?:bigquery|storage)\.\w+|iam\.serviceAccounts)\.\w+\b/.exec(words)?.[0];
  return named ?? permissions[tried];
}

/** A sentence, with the command for gcloud or bq where there is one; null where Google's words say all. */
export function cloudRemedy(refusal: Refusal): string | null {
  const { tried, words, place } = refusal;
  const api = disabledApi(words);
  if (api !== null) {
    return `Enable the API: gcloud services enable ${api} --project=${place.projectId}`;
  }
  if (/billing/i.test(words)) {
    return `Link a billing account to the project: gcloud billing projects link ${place.projectId} --billing-account=ACCOUNT`;
  }
  if (/VPC Service Controls/i.test(words)) {
    return "Let the account into the service perimeter, by an ingress or egress rule for BigQuery and Cloud Storage";
  }
  if (tried === "signIn") return signInRemedy(refusal);
  if (tried.endsWith("Object") || tried === "findBucket" || tried === "listObjects") {
    return bucketRemedy(refusal);
  }
  return tried === "signUrl" ? signRemedy(refusal) : bigqueryRemedy(refusal);
}

function disabledApi(words: string): string | null {
  if (
    !/API has not been used|API .*(is|are) (disabled|not enabled)|SERVICE_DISABLED/i.test(words)
  ) {
    return null;
  }
  if (/IAM Service Account Credentials|iamcredentials/i.test(words)) {
    return "iamcredentials.googleapis.com";
  }
  return /storage/i.test(words) ? "storage.googleapis.com" : "bigquery.googleapis.com";
}

function memberOf({ account }: Refusal): string {
  return `serviceAccount:${account ?? "ACCOUNT"}`;
}

function signInRemedy({ words, account }: Refusal): string | null {
  const of = account ?? "ACCOUNT";
  if (/short-lived|iat|clock|timeframe/i.test(words)) {
    return "Set this server's clock right: Google takes no key from another time";
  }
  if (/account_?disabled|disabled/i.test(words)) {
    return `Enable the account: gcloud iam service-accounts enable ${of}`;
  }
  if (/invalid_grant|invalid_client|unauthorized_client|signature/i.test(words)) {
    return `The key was revoked, or its account deleted. Make another key and save it here: gcloud iam service-accounts keys create key.json --iam-account=${of}`;
  }
  if (/default credentials/i.test(words)) {
    return "Save a service account's key here; or run Maestro on Google Cloud under a service account, or with GOOGLE_APPLICATION_CREDENTIALS naming its key's file";
  }
  return "Let this server reach oauth2.googleapis.com and www.googleapis.com over https, through HTTPS_PROXY where it takes a proxy";
}

function bigqueryRemedy(refusal: Refusal): string | null {
  const { tried, words, place, dataset } = refusal;
  const { projectId } = place;
  if (
    /project\b.*(not found|does not exist|deleted|invalid)|not found: project|USER_PROJECT_DENIED/i.test(
      words,
    )
  ) {
    return `Check the project's ID, and that the account may see it: gcloud projects describe ${projectId}`;
  }
  if (missingPermission(refusal) === null) {
    if (!/location|region/i.test(words)) return null;
    return `Set the Location to one of BigQuery's, such as US, EU or europe-west3: ${place.location} is none`;
  }
  const onProject = (role: string) =>
    `gcloud projects add-iam-policy-binding ${projectId} --member=${memberOf(refusal)} --role=${role}`;
  if (tried === "dryRun" || tried === "runQuery") {
    return `Grant roles/bigquery.jobUser on the project: ${onProject("roles/bigquery.jobUser")}`;
  }
  if (tried === "createDataset" || dataset === null) {
    return `Grant roles/bigquery.dataEditor on the project: ${onProject("roles/bigquery.dataEditor")}; or make each dataset yourself, name it among the default datasets, and grant the role on it`;
  }
  const grant = `GRANT \`roles/bigquery.dataEditor\` ON SCHEMA \`${projectId}.${dataset}\` TO "${memberOf(refusal)}"`;
  return `Grant roles/bigquery.dataEditor on the dataset, by this SQL in BigQuery: ${grant}`;
}

function bucketRemedy(refusal: Refusal): string | null {
  const { words, place } = refusal;
  const { bucket, projectId, location } = place;
  if (/bucket does not exist|not found|\b404\b/i.test(words)) {
    return `Make the bucket, for Maestro alone: gcloud storage buckets create gs://${bucket} --project=${projectId} --location=${location} --uniform-bucket-level-access`;
  }
  if (missingPermission(refusal) === null) return null;
  return `Grant roles/storage.objectAdmin on the bucket: gcloud storage buckets add-iam-policy-binding gs://${bucket} --member=${memberOf(refusal)} --role=roles/storage.objectAdmin`;
}

function signRemedy(refusal: Refusal): string | null {
  const { account, words } = refusal;
  if (/client_email/.test(words)) {
    return "A person's own credentials sign nothing: save a service account's key here, or run Maestro under a service account";
  }
  if (missingPermission(refusal) === null) return null;
  const own = account ?? "ACCOUNT";
  return `Save a key of the account here; or let it sign for itself: gcloud iam service-accounts add-iam-policy-binding ${own} --member=${memberOf(refusal)} --role=roles/iam.serviceAccountTokenCreator`;
}

/** Whether BigQuery loads from and extracts to a bucket there; its rules for the US are none. */
export function isBucketNear(bucketLocation: string, location: string): boolean {
  const [bucket, jobs] = [bucketLocation.toUpperCase(), location.toUpperCase()];
  if (jobs === "US" || bucket === jobs) return true;
  // Of two regions, which are one name.
  if (/^(NAM|EUR|ASIA)\d*$/.test(bucket)) return true;
  return jobs === "EU" && bucket.startsWith("EUROPE-");
}
