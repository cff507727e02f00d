import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readConfig } from "../../../server/config.ts";
import { cloudOptions } from "../../../server/connect-cloud.ts";
import { startLocalCloud } from "../../../server/embedded/local-cloud.ts";
import { checkBigquery } from "../../../server/services/settings/check-bigquery.ts";
import { startLiveCloud } from "../../../server/services/settings/live-cloud.ts";
import { makeMissingBucket } from "../../../server/services/settings/make-missing-bucket.ts";
import type { CloudCheck } from "../../../shared/cloud-check.ts";
import { serviceAccountKey } from "../../../shared/settings-cloud.ts";
import { createTestDeps, type TestDeps } from "../../api/support.ts";
import { nobody } from "../../support/choose-tables.ts";
import { type GoogleProxy, startGoogleProxy } from "../../support/google-proxy.ts";
import { createDataDir } from "../../support/start-maestro.ts";

/* Google's clients and a service account's key, before a Google that denies what a test says. */

let context: TestDeps;
let dataDir: string;
let cloud: Awaited<ReturnType<typeof startLocalCloud>>;
let google: GoogleProxy;
let account: string;
let key: string;

beforeAll(async () => {
  dataDir = await createDataDir();
  const log = pino({ level: "silent" });
  [context, cloud] = await Promise.all([
    createTestDeps(),
    startLocalCloud({ dataDir, host: "127.0.0.1", port: 0, log, standalone: true }),
  ]);
  google = await startGoogleProxy(cloud.url);
  // The one whose signatures it takes.
  const paths = await readdir(dataDir, { recursive: true });
  const path = paths.find((each) => each.endsWith("signing-key.json")) ?? "none";
  const own = JSON.parse(await readFile(join(dataDir, path), "utf8")) as Record<string, string>;
  account = own["client_email"] ?? "";
  key = JSON.stringify({ type: "service_account", ...own });
  await check({}, { makesBucket: true });
});

beforeEach(() => {
  google.refuse = () => null;
  google.refuseToken = null;
  google.answer = () => null;
});

afterAll(async () => {
  await google.close();
  await cloud.close();
  await context.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function check(
  settings: Record<string, string>,
  { makesBucket = false, saves = false, hasKey = true } = {},
): Promise<CloudCheck> {
  const givenSettings = {
    "bigquery.project": "our-project",
    "bigquery.bucket": "our-bucket",
    ...(hasKey ? { "bigquery.credentials": key } : {}),
    ...settings,
  };
  const deps = { ...context.deps, givenSettings };
  const config = readConfig({}, { MAESTRO_GOOGLE_API_URL: google.url });
  const live = await startLiveCloud(deps, cloudOptions(config, null));
  try {
    if (makesBucket) await live.objectStore.ensureBucket();
    if (saves) await makeMissingBucket({ ...deps, clouds: live.clouds }, nobody, settings);
    return await checkBigquery({ ...deps, clouds: live.clouds });
  } finally {
    await live.close();
  }
}

/** What went wrong, as `fault → remedy`. */
function faultsOf({ checks }: CloudCheck): string[] {
  return checks.flatMap(({ state, fault, remedy }) =>
    state === "ok" ? [] : [`${state}: ${fault} → ${remedy}`],
  );
}

test("where nothing is refused all is tried, and nothing is left behind", async () => {
  const result = await check({});
  expect(faultsOf(result)).toEqual([]);
  expect(result.ok).toBe(true);
  expect(result.where).toBe(`the project our-project in US, bucket our-bucket, as ${account}`);
  expect(result.checks.map(({ text }) => text.replace(/maestro_check_\w+/, "D"))).toEqual([
    `sign in as ${account}`,
    "dry runs in our-project",
    "jobs in our-project",
    "make a dataset",
    "write a table into D",
    "read a table of D",
    "remove a table of D",
    "remove the dataset again",
    "the bucket our-bucket",
    "write a file into our-bucket",
    "list the files",
    "read the file",
    "sign a URL, by which anybody can fetch the file",
    "delete the file again",
  ]);
  const deleted = google.asked.filter((line) => line.startsWith("DELETE"));
  expect(deleted).toHaveLength(6);
});

test("a pasted key signs URLs by itself, without asking anybody", async () => {
  const place = { isLocal: false, projectId: "our-project", location: "US", bucket: "our-bucket" };
  const { connect } = cloudOptions(readConfig({}, {}), null);
  const { objectStore } = connect(place, serviceAccountKey.parse(key));
  const url = new URL(await objectStore.signedWriteUrl("uploads/a.csv", 60, "text/csv"));
  expect(url.origin + url.pathname).toBe("https://storage.googleapis.com/our-bucket/uploads/a.csv");
  expect(url.searchParams.get("X-Goog-Credential")).toContain(`${account}/`);
  expect(url.searchParams.get("X-Goog-Signature")).toMatch(/^[0-9a-f]{512}$/);
});

const member = () => `--member=serviceAccount:${account}`;

/** What is asked, how Google refuses it, and what the check says of it. */
const refusals: [string, RegExp, { status: number; message: string }, () => string][] = [
  [
    "no right to run jobs",
    /^POST .*\/jobs/,
    {
      status: 403,
      message:
        "Access Denied: Project our-project: User does not have bigquery.jobs.create permission in project our-project.",
    },
    () =>
      `bigquery.jobs.create is missing: .* → Grant roles/bigquery.jobUser on the project: gcloud projects add-iam-policy-binding our-project ${member()} --role=roles/bigquery.jobUser`,
  ],
  [
    "no such project",
    /^POST .*\/jobs/,
    { status: 404, message: "Not found: Project our-project" },
    () => "Not found.* → Check the project's ID.*: gcloud projects describe our-project",
  ],
  [
    "an API that is off",
    /^POST .*\/jobs/,
    {
      status: 403,
      message:
        "BigQuery API has not been used in project our-project before or it is disabled. Enable it by visiting the console.",
    },
    () => "→ Enable the API: gcloud services enable bigquery.googleapis.com --project=our-project",
  ],
  [
    "no right to make datasets",
    /^POST .*\/datasets(\?|$)/,
    {
      status: 403,
      message:
        "Access Denied: Project our-project: User does not have bigquery.datasets.create permission in project our-project.",
    },
    () =>
      `bigquery.datasets.create is missing: .*--role=roles/bigquery.dataEditor; or make each dataset`,
  ],
  [
    "no right to read",
    /^GET .*\/tables\/\w+\/data/,
    {
      status: 403,
      message:
        "Access Denied: Table our-project:D.t: Permission bigquery.tables.getData denied on table our-project:D.t (or it may not exist).",
    },
    () =>
      `bigquery.tables.getData is missing: .*by this SQL in BigQuery: GRANT .roles/bigquery.dataEditor. ON SCHEMA .our-project.maestro_check_\\w+. TO "serviceAccount:${account}"`,
  ],
  [
    "no such bucket",
    /^GET .*\/b\/our-bucket\?/,
    { status: 404, message: "The specified bucket does not exist." },
    () =>
      "does not exist. → Make the bucket.*: gcloud storage buckets create gs://our-bucket --project=our-project --location=US",
  ],
  [
    "no right to write files",
    /^POST \/upload/,
    {
      status: 403,
      message:
        "maestro@our-project.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud Storage object.",
    },
    () =>
      `storage.objects.create is missing: .*gcloud storage buckets add-iam-policy-binding gs://our-bucket ${member()} --role=roles/storage.objectAdmin`,
  ],
  [
    "no right to delete files",
    /^DELETE .*\/o\//,
    {
      status: 403,
      message:
        "maestro@our-project.iam.gserviceaccount.com does not have storage.objects.delete access to the Google Cloud Storage object.",
    },
    () => "storage.objects.delete is missing: .*--role=roles/storage.objectAdmin",
  ],
];

test.each(refusals)("%s is told with what to do", async (_, pattern, refused, expected) => {
  google.refuse = (line) => (pattern.test(line) ? refused : null);
  const result = await check({});
  expect(result.ok).toBe(false);
  const faults = faultsOf(result);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(new RegExp(`^failed: .*${expected()}`));
});

test("a key that was revoked is told, and nothing else is tried", async () => {
  google.refuseToken = { error: "invalid_grant", error_description: "Invalid JWT Signature." };
  const { checks } = await check({});
  expect(checks).toHaveLength(1);
  expect(checks[0]?.fault).toBe("invalid_grant: Invalid JWT Signature.");
  expect(checks[0]?.remedy).toMatch(
    `The key was revoked, or its account deleted. Make another key and save it here: gcloud iam service-accounts keys create key.json --iam-account=${account}`,
  );
});

test("a default dataset elsewhere fails, one that is not there is made later, and none need be made where all are there", async () => {
  const elsewhere = (line: string) => /^GET .*\/datasets\/far/.test(line);
  google.answer = (line) => (elsewhere(line) ? { location: "EU" } : null);
  google.refuse = (line) =>
    /^POST .*\/datasets(\?|$)/.test(line) ? { status: 403, message: "Access Denied: no" } : null;
  expect(faultsOf(await check({ "bigquery.datasets": "far" }))).toEqual([
    "failed: it is in EU, and jobs run in US → Set the Location to EU, or name another dataset: BigQuery never moves one, and runs no job over two locations",
    expect.stringMatching(/^warning: bigquery.datasets.create is missing/),
  ]);
  google.refuse = () => null;
  expect(faultsOf(await check({ "bigquery.datasets": "later" }))).toEqual([
    "warning: it is not there yet → The first run into it makes it",
  ]);
});

test("without a key the account itself has to be let sign URLs", async () => {
  google.refuse = (line) =>
    line.includes(":signBlob")
      ? {
          status: 403,
          message:
            "Permission 'iam.serviceAccounts.signBlob' denied on resource (or it may not exist).",
        }
      : null;
  const faults = faultsOf(await check({}, { hasKey: false }));
  expect(faults).toEqual([
    expect.stringMatching(
      /^failed: iam.serviceAccounts.signBlob is missing: .*gcloud iam service-accounts add-iam-policy-binding emulator@\S+ --member=serviceAccount:emulator@\S+ --role=roles\/iam.serviceAccountTokenCreator$/,
    ),
  ]);
});

test("a save makes the bucket that is missing, in the location of the jobs, where the account may", async () => {
  const place = { "bigquery.bucket": "made-by-us", "bigquery.location": "EU" };
  const making = /^POST \/storage\/v1\/b\?/;
  google.refuse = (line) =>
    making.test(line)
      ? { status: 403, message: "maestro does not have storage.buckets.create access." }
      : null;
  const saved = async () =>
    faultsOf(await check(place, { saves: true })).filter((fault) => fault.includes("bucket"));
  expect(await saved()).toEqual([
    expect.stringContaining(
      "Make the bucket, for Maestro alone: gcloud storage buckets create gs://made-by-us --project=our-project --location=EU",
    ),
  ]);
  google.refuse = () => null;
  expect(await saved()).toEqual([]);
  const made = await fetch(`${cloud.url}/storage/v1/b/made-by-us`);
  expect(await made.json()).toMatchObject({ location: "EU" });
  const before = google.asked.filter((line) => making.test(line)).length;
  await saved();
  expect(google.asked.filter((line) => making.test(line))).toHaveLength(before);
});
