import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { translateError } from "../../server/connectors/bigquery-errors.ts";
import type { Warehouse } from "../../server/connectors/warehouse.ts";
import { connectWarehouse } from "../support/engine-deps.ts";
import type { Fault } from "../support/null-answers.ts";
import { type NullWarehouse, startNullWarehouse } from "../support/null-warehouse.ts";

let server: NullWarehouse;
let warehouse: Warehouse;
let fault: Fault = null;
beforeAll(async () => {
  server = await startNullWarehouse();
  server.intercept = ({ kind, phase }) => (kind === "insert" && phase === "before" ? fault : null);
  warehouse = await connectWarehouse(server.url);
});
afterAll(() => server.close());

const sa = "maestro@acme.iam.gserviceaccount.com";
const quotas =
  "For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas";

/** BigQuery's reason and message; what a person is told to do. */
const refusals: [reason: string, message: string, remedy: RegExp][] = [
  [
    "accessDenied",
    "Access Denied: Project acme-data: User does not have bigquery.jobs.create permission in project acme-data.",
    /roles\/bigquery\.jobUser on the project acme-data\b/,
  ],
  [
    "accessDenied",
    "Access Denied: Project example.com:acme: User does not have bigquery.jobs.create permission in project example.com:acme.",
    /roles\/bigquery\.jobUser on the project example\.com:acme\)/,
  ],
  [
    "accessDenied",
    "Access Denied: Table acme:shop.orders: User does not have permission to query table acme:shop.orders, or perhaps it does not exist.",
    /roles\/bigquery\.dataViewer on the dataset acme:shop\)/,
  ],
  [
    "accessDenied",
    "Access Denied: Dataset acme:shop: Permission bigquery.datasets.get denied on dataset acme:shop (or it may not exist).",
    /roles\/bigquery\.dataViewer on the dataset acme:shop\)/,
  ],
  [
    "accessDenied",
    "Access Denied: Table example.com:acme:shop.orders: Permission bigquery.tables.updateData denied on table example.com:acme:shop.orders (or it may not exist).",
    /roles\/bigquery\.dataEditor on the dataset example\.com:acme:shop\)/,
  ],
  [
    "accessDenied",
    "Access Denied: Dataset acme:shop: Permission bigquery.tables.create denied on dataset acme:shop (or it may not exist).",
    /roles\/bigquery\.dataEditor on the dataset acme:shop\)/,
  ],
  [
    "accessDenied",
    "Access Denied: Project acme: User does not have bigquery.datasets.create permission in project acme.",
    /roles\/bigquery\.dataEditor on the project acme, or create the dataset/,
  ],
  [
    "accessDenied",
    `Access Denied: BigQuery BigQuery: Permission denied while globbing file pattern. ${sa} does not have storage.objects.list access to the Google Cloud Storage bucket. Permission 'storage.objects.list' denied on resource (or it may not exist). Please make sure gs://acme-staging/imports/* is accessible via appropriate IAM roles, e.g. Storage Object Viewer or Storage Object Creator.`,
    /roles\/storage\.objectViewer on the bucket acme-staging\)/,
  ],
  [
    "accessDenied",
    "Access Denied: File gs://acme-staging/imports/1.csv: Access Denied",
    /roles\/storage\.objectViewer on the bucket acme-staging\)/,
  ],
  [
    "accessDenied",
    `Access Denied: BigQuery BigQuery: Permission denied while writing data. ${sa} does not have storage.objects.create access to the Google Cloud Storage object. Please make sure gs://acme-extracts/a-*.csv.gz is accessible.`,
    /roles\/storage\.objectAdmin on the bucket acme-extracts\)/,
  ],
  [
    "accessDenied",
    "Access Denied: BigQuery BigQuery: Permission denied while writing data. Object 'acme-extracts/a-000.parquet' is subject to bucket's retention policy.",
    /roles\/storage\.objectAdmin on the bucket acme-extracts\)/,
  ],
  [
    "accessDenied",
    "Access Denied: BigQuery BigQuery: Permission denied while getting Drive credentials.",
    /share the spreadsheet .*auth\/drive\.readonly/,
  ],
  [
    "accessDenied",
    "Access Denied: BigQuery BigQuery: Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource 'projects/acme/locations/us/keyRings/r/cryptoKeys/k' (or it may not exist).",
    /BigQuery's encryption account .*cryptoKeyEncrypterDecrypter on the key projects\/acme\/locations\/us\/keyRings\/r\/cryptoKeys\/k\)/,
  ],
  [
    "accessDenied",
    `Access Denied: BigQuery BigQuery: User has neither fine-grained reader nor masked get permission to get data protected by policy tag "pii : email" on column shop.orders.email.`,
    /roles\/datacatalog\.categoryFineGrainedReader on the policy tag/,
  ],
  [
    "accessNotConfigured",
    "BigQuery API has not been used in project 123456 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/bigquery.googleapis.com/overview?project=123456 then retry.",
    /gcloud services enable bigquery\.googleapis\.com --project 123456/,
  ],
  [
    "billingNotEnabled",
    "Billing has not been enabled for this project. Enable billing at https://console.cloud.google.com/billing. DML queries are not allowed in the free tier. Set up a billing account to remove this restriction.",
    /link a billing account to the project\)/,
  ],
  [
    "policyViolation",
    "VPC Service Controls: Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: abc.",
    /into the service perimeter/,
  ],
  [
    "quotaExceeded",
    `Quota exceeded: Your project exceeded quota for free query bytes scanned. ${quotas}`,
    /free queries are used up: link a billing account/,
  ],
  [
    "quotaExceeded",
    `Custom quota exceeded: Your usage exceeded the custom quota for QueryUsagePerUserPerDay, which is set by your administrator. ${quotas}`,
    /an administrator set this quota: raise the quota for QueryUsagePerUserPerDay under IAM/,
  ],
  [
    "quotaExceeded",
    `Quota exceeded: Your table exceeded quota for imports or query appends per table. ${quotas}`,
    /raise the quota for imports or query appends per table under IAM/,
  ],
  [
    "bytesBilledLimitExceeded",
    "Query exceeded limit for bytes billed: 163595928. 164626432 or higher required.",
    /raise the table's cost cap to 164626432 bytes \(0\.16 GB\) or more/,
  ],
  [
    "billingTierLimitExceeded",
    "Query exceeded resource limits for tier 1. Tier 3 or higher required.",
    /a reservation of slots/,
  ],
  [
    "resourcesExceeded",
    "Resources exceeded during query execution: The query could not be executed in the allotted memory.",
    /make the query lighter/,
  ],
  [
    "invalid",
    "Incompatible table partitioning specification. Expects partitioning specification interval(type:day,field:at), but input partitioning specification is none",
    /set them as they were, or drop the table/,
  ],
  [
    "notFound",
    "Not found: Dataset acme:shop was not found in location EU",
    /create the dataset acme:shop in EU, or set BIGQUERY_LOCATION/,
  ],
  ["authError", "Request had invalid authentication credentials.", /check the key file/],
];

describe.each(refusals)("%s: %s", (reason, message, remedy) => {
  test("said by a call", async () => {
    fault = { status: reason === "authError" ? 401 : 403, reason, message };
    const error = await warehouse
      .insertJob("refused", { query: {} }, {})
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ retryable: false, reason });
    expect((error as Error).message.startsWith(message)).toBe(true);
    expect((error as Error).message.slice(message.length)).toMatch(remedy);
    fault = null;
  });

  test("said by a job that ended", async () => {
    server.outcome = () => ({ reason, message });
    const id = `job_${refusals.findIndex((each) => each[1] === message)}`;
    await warehouse.insertJob(id, { query: {} }, {});
    const { error } = (await warehouse.getJob(id))!;
    expect(error).toMatchObject({ retryable: false, reason });
    expect(error!.message.slice(message.length)).toMatch(remedy);
  });
});

test("what says all by itself stays as it is", async () => {
  server.outcome = () => ({ reason: "invalidQuery", message: "Unrecognized name: x at [1:8]" });
  await warehouse.insertJob("plain", { query: {} }, {});
  expect((await warehouse.getJob("plain"))?.error?.message).toBe("Unrecognized name: x at [1:8]");
});

test.each([
  ["invalidQuery", "Could not serialize access to table acme:shop.orders due to concurrent update"],
  [
    "invalidQuery",
    "Transaction is aborted due to concurrent update against table acme:shop.orders.",
  ],
  ["rateLimitExceeded", "Exceeded rate limits: too many table update operations for this table."],
  ["backendError", "Error encountered during execution. Retrying may solve the problem."],
])("%s may pass by itself: %s", async (reason, message) => {
  server.jobs.clear();
  server.outcome = () => ({ reason, message });
  await warehouse.insertJob("passing", { query: {} }, {});
  expect((await warehouse.getJob("passing"))?.error).toMatchObject({ retryable: true, message });
});

const withHeaders = (headers: Record<string, string>) =>
  translateError({ code: 503, message: "Away", response: { headers } }, "get job").retryAfterMs;

test("Retry-After is read as seconds and as an instant of the server's clock", () => {
  expect(withHeaders({ "retry-after": "7" })).toBe(7_000);
  const date = "Sat, 21 Nov 2026 10:00:00 GMT";
  expect(withHeaders({ "retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", date })).toBe(30_000);
  expect(withHeaders({ "retry-after": "Sat, 21 Nov 2026 09:00:00 GMT", date })).toBe(0);
  expect(withHeaders({ "retry-after": "soon", date })).toBe(0);
  expect(withHeaders({ "retry-after": "9999999999" })).toBe(3_600_000);
  expect(withHeaders({})).toBe(0);
});

test.each([
  [{ message: "Could not load the default credentials." }],
  [{ message: "invalid_grant", status: 400 }],
  [{ message: "error:1E08010C:DECODER routines::unsupported" }],
])("credentials that do not work are a fault of the configuration: %o", (thrown) => {
  const error = translateError(Object.assign(new Error(), thrown), "insert job");
  expect(error).toMatchObject({ code: "configuration", retryable: false });
  expect(error.message).toMatch(/check the key file/);
});

test("the token's server being away passes", () => {
  const thrown = Object.assign(new Error("Could not refresh access token"), { status: 503 });
  expect(translateError(thrown, "insert job")).toMatchObject({ retryable: true });
});
