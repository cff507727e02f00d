/*
 * What to grant, raise or change where BigQuery refuses for good: by its reason and the words of its
 * message, the first that fits. The words are those of cloud.google.com/bigquery/docs/error-messages,
 * /docs/troubleshoot-quotas and /docs/access-control; BigQuery names what it is about in each.
 */

export interface ApiReason {
  reason: string;
  message: string;
}

interface Remedy {
  /** BigQuery's reasons that it is for; empty: any. */
  reasons: string[];
  pattern: RegExp;
  text: (found: RegExpExecArray, message: string) => string;
}

const us = "Maestro's service account";
const denied = ["accessDenied", "forbidden", "403"];

function grant(role: string, on: string, to = us): string {
  return `grant ${to} the role ${role} on ${on}`;
}

/** The dataset that a message is about, `project:dataset`; also where it names one of its tables. */
function datasetIn(message: string): string {
  const named = /\b(?:Dataset|Table|View|Routine|Model) ((?:[\w.-]+:){1,2}\w+)/i.exec(message)?.[1];
  return named ? `the dataset ${named}` : "the dataset";
}

function projectIn(message: string): string {
  const named = /\bproject[ :]+([a-z][\w:.-]*[\w-])/i.exec(message)?.[1];
  return named ? `the project ${named}` : "the project";
}

function bucketIn(message: string): string {
  const named =
    /\bgs:\/\/([\w.-]+)/.exec(message)?.[1] ?? /\bobject '?([\w.-]+)\//i.exec(message)?.[1];
  return named ? `the bucket ${named}` : "the bucket";
}

const remedies: Remedy[] = [
  {
    reasons: ["authError", "401"],
    pattern: /./,
    text: () => "check the key file or the service account that Maestro runs under",
  },
  {
    reasons: [],
    pattern: /\bAPI has not been used in project ([\w-]+)|\bAPI .*is (?:disabled|not enabled)/i,
    text: ([, project]) =>
      `enable the BigQuery API for the project${project ? ` ${project}` : ""}: gcloud services enable bigquery.googleapis.com${project ? ` --project ${project}` : ""}`,
  },
  {
    reasons: [],
    pattern: /billing (?:has not been|is not|must be) enabled|not enabled billing|free tier/i,
    text: (_, message) => `link a billing account to ${projectIn(message)}`,
  },
  {
    reasons: ["billingNotEnabled"],
    pattern: /./,
    text: () => "link a billing account to the project",
  },
  {
    reasons: [],
    pattern: /VPC Service Controls/i,
    text: () =>
      `let ${us} into the service perimeter: an ingress or egress rule for BigQuery and Cloud Storage`,
  },
  {
    reasons: [],
    pattern: /cloudkms|cryptoKey/i,
    text: (_, message) => {
      const key = /projects\/[\w./:-]+\/cryptoKeys\/[\w-]+/.exec(message)?.[0];
      const account =
        "BigQuery's encryption account (bq-PROJECTNUMBER@bigquery-encryption.iam.gserviceaccount.com)";
      const on = key ? `the key ${key}` : "the key";
      return grant("roles/cloudkms.cryptoKeyEncrypterDecrypter", on, account);
    },
  },
  {
    reasons: [],
    pattern: /Drive credentials/i,
    text: () =>
      `share the spreadsheet with ${us}, and give its credentials the scope https://www.googleapis.com/auth/drive.readonly`,
  },
  {
    reasons: denied,
    pattern: /storage\.objects\.(create|delete|update)|while writing data/,
    text: (_, message) => grant("roles/storage.objectAdmin", bucketIn(message)),
  },
  {
    reasons: denied,
    pattern: /storage\.(?:objects|buckets)\.\w+|globbing file pattern|\bFile gs:|\bgs:\/\//,
    text: (_, message) => grant("roles/storage.objectViewer", bucketIn(message)),
  },
  {
    reasons: denied,
    pattern: /bigquery\.jobs\.create/,
    text: (_, message) => grant("roles/bigquery.jobUser", projectIn(message)),
  },
  {
    reasons: denied,
    pattern: /bigquery\.jobs\.\w+|\bJob [\w:.-]+/,
    text: (_, message) =>
      grant("roles/bigquery.jobUser and roles/bigquery.resourceViewer", projectIn(message)),
  },
  {
    reasons: denied,
    pattern: /bigquery\.datasets\.create/,
    text: (_, message) =>
      `${grant("roles/bigquery.dataEditor", projectIn(message))}, or create the dataset`,
  },
  {
    reasons: denied,
    pattern: /bigquery\.connections\.\w+/,
    text: () => grant("roles/bigquery.connectionUser", "the connection"),
  },
  {
    reasons: denied,
    pattern: /fine-grained reader|policy tag/i,
    text: () => grant("roles/datacatalog.categoryFineGrainedReader", "the policy tag"),
  },
  {
    reasons: denied,
    pattern:
      /bigquery\.(?:tables|routines|models|rowAccessPolicies)\.(?:create|delete|update|updateData|setCategory)\b/,
    text: (_, message) => grant("roles/bigquery.dataEditor", datasetIn(message)),
  },
  {
    reasons: denied,
    pattern: /\b(?:Dataset|Table|View|Routine|Model) /,
    text: (_, message) => grant("roles/bigquery.dataViewer", datasetIn(message)),
  },
  {
    reasons: denied,
    pattern: /./,
    text: () =>
      `grant ${us} the role roles/bigquery.jobUser on the project, and roles/bigquery.dataEditor on the datasets that it reads and writes`,
  },
  {
    reasons: ["bytesBilledLimitExceeded"],
    pattern: /(\d+) or higher required/,
    text: ([, bytes]) =>
      `raise the table's cost cap to ${bytes} bytes (${gigabytes(Number(bytes))} GB) or more, or have its query read less`,
  },
  {
    reasons: ["bytesBilledLimitExceeded"],
    pattern: /./,
    text: () => "raise the table's cost cap, or have its query read less",
  },
  {
    reasons: ["billingTierLimitExceeded"],
    pattern: /./,
    text: () =>
      "the query takes too much CPU for the bytes it reads: make it lighter, or give the project a reservation of slots",
  },
  {
    reasons: ["quotaExceeded"],
    pattern: /custom quota/i,
    text: (_, message) =>
      `an administrator set this quota: raise ${quotaIn(message)} under IAM & Admin › Quotas, or wait for the next day`,
  },
  {
    reasons: ["quotaExceeded"],
    pattern: /free query bytes/i,
    text: (_, message) =>
      `the project's free queries are used up: link a billing account to ${projectIn(message)}`,
  },
  {
    reasons: ["quotaExceeded"],
    pattern: /./,
    text: (_, message) =>
      `raise ${quotaIn(message)} under IAM & Admin › Quotas, or run less at a time`,
  },
  {
    reasons: ["resourcesExceeded"],
    pattern: /./,
    text: () =>
      "make the query lighter: sort, group or join less at a time, or write it in steps over several tables",
  },
  {
    reasons: ["responseTooLarge"],
    pattern: /./,
    text: () => "the result is too large for its table: have the query return less, or split it",
  },
  {
    reasons: [],
    pattern: /partitioning spec/i,
    text: () =>
      "BigQuery never changes the partitioning or clustering of a table that exists: set them as they were, or drop the table in BigQuery, which loses its rows, and run it again",
  },
  {
    reasons: ["notFound"],
    pattern: /Dataset ([\w:.-]+) was not found in location ([\w-]+)/,
    text: ([, dataset, location]) =>
      `create the dataset ${dataset} in ${location}, or set BIGQUERY_LOCATION to where it is`,
  },
];

/** The quota that a message names. */
function quotaIn(message: string): string {
  const named =
    /quota for (.+?)(?:, which|\.\s|\.$|, but|$)/i.exec(message)?.[1] ??
    /limit '([^']+)'/.exec(message)?.[1];
  return named ? `the quota for ${named}` : "the quota named";
}

/** In powers of 1024, as the table's settings show it; never less than what is needed. */
function gigabytes(bytes: number): string {
  return (Math.ceil((bytes / 2 ** 30) * 100) / 100).toString();
}

/** What to do about a refusal, as an imperative; null where BigQuery's words say all. */
export function remedyFor({ reason, message }: ApiReason): string | null {
  for (const { reasons, pattern, text } of remedies) {
    if (reasons.length > 0 && !reasons.includes(reason)) continue;
    const found = pattern.exec(message);
    if (found) return text(found, message);
  }
  return null;
}
