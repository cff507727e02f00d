import { Readable } from "node:stream";
import type { CloudPlace } from "../../shared/cloud.ts";
import type { MaestroError } from "../../shared/errors.ts";
import { translateError } from "./bigquery-errors.ts";
import { clientTransport } from "./bigquery-transport.ts";
import { makeBucket } from "./gcs.ts";
import { failed } from "./gcs-errors.ts";
import { upload } from "./gcs-streams.ts";
import type { GoogleClients } from "./google-clients.ts";

/**
 * One try of each thing that Maestro does in BigQuery and Cloud Storage, for whoever sets them up. Each
 * throws what Google said as a MaestroError, and leaves nothing behind but what its counterpart removes.
 */
export interface CloudProbe {
  readonly place: CloudPlace;
  /** The account's address; null where it cannot be told. */
  account(): Promise<string | null>;
  signIn(): Promise<void>;
  dryRun(): Promise<void>;
  /** Runs a query, into `dataset.table` where that is named. */
  runQuery(into: { dataset: string; table: string } | null): Promise<void>;
  /** Where it is; null where it is not there. */
  datasetLocation(dataset: string): Promise<string | null>;
  /** Its tables end within the hour, if it is not removed. */
  createDataset(dataset: string): Promise<void>;
  removeDataset(dataset: string): Promise<void>;
  readTable(dataset: string, table: string): Promise<void>;
  removeTable(dataset: string, table: string): Promise<void>;
  /** Null where it may not be told, which takes a right of its own that nothing else needs. */
  bucketLocation(): Promise<string | null>;
  /** Makes the bucket where there is none; whether it did. */
  makeBucket(): Promise<boolean>;
  writeObject(name: string): Promise<void>;
  listObjects(prefix: string): Promise<void>;
  readObject(name: string): Promise<void>;
  /** Signs a URL and fetches it as anybody could. */
  fetchSigned(name: string): Promise<void>;
  removeObject(name: string): Promise<void>;
}

const content = "Maestro was here to see whether it may be.";
const stallMs = 20_000;
const hourMs = 3_600_000;

export function createCloudProbe(clients: GoogleClients, place: CloudPlace): CloudProbe {
  return {
    place,
    ...accountCalls(clients),
    ...datasetCalls(clients, place),
    ...bucketCalls(clients, place),
  };
}

function accountCalls({
  storage,
  bigquery,
}: GoogleClients): Pick<CloudProbe, "account" | "signIn"> {
  return {
    async account() {
      const credentials = await storage.authClient.getCredentials().catch(() => null);
      return credentials?.client_email ?? null;
    },
    async signIn() {
      await bigquery.authClient.getRequestHeaders().catch((error: unknown) => {
        throw translateError(error, "sign in");
      });
    },
  };
}

type DatasetCalls =
  | "dryRun"
  | "runQuery"
  | "datasetLocation"
  | "createDataset"
  | "removeDataset"
  | "readTable"
  | "removeTable";

function datasetCalls(
  { bigquery }: GoogleClients,
  { projectId, location }: CloudPlace,
): Pick<CloudProbe, DatasetCalls> {
  const call = clientTransport(bigquery);
  const insert = (doing: string, configuration: object) =>
    call<{ jobReference?: { jobId?: string } }>(doing, {
      method: "POST",
      uri: "/jobs",
      json: { jobReference: { projectId, location }, configuration },
    });
  const remove = async (doing: string, uri: string, qs = {}) => {
    await new Promise<void>((resolve, reject) => {
      bigquery.request({ method: "DELETE", uri, qs, timeout: stallMs } as never, (error) =>
        error ? reject(translateError(error, doing)) : resolve(),
      );
    });
  };
  const query = { query: "select 1 as works", useLegacySql: false, useQueryCache: false };
  return {
    async dryRun() {
      await insert("dry run", { dryRun: true, query });
    },
    async runQuery(into) {
      const destinationTable = into && { projectId, datasetId: into.dataset, tableId: into.table };
      const job = await insert("run a query", {
        query: { ...query, ...(destinationTable ? { destinationTable } : {}) },
        labels: { maestro: "check" },
      });
      const uri = `/queries/${job.jobReference?.jobId}`;
      await call("await the query", { uri, qs: { location, timeoutMs: 10_000, maxResults: 0 } });
    },
    async datasetLocation(dataset) {
      const found = await call<{ location?: string }>("get dataset", {
        uri: `/datasets/${dataset}`,
      }).catch((error: MaestroError) => {
        if (error.code === "notFound") return null;
        throw error;
      });
      return found && (found.location ?? location);
    },
    async createDataset(dataset) {
      const datasetReference = { projectId, datasetId: dataset };
      const json = { datasetReference, location, defaultTableExpirationMs: String(hourMs) };
      await call("create dataset", { method: "POST", uri: "/datasets", json });
    },
    removeDataset: (dataset) =>
      remove("remove dataset", `/datasets/${dataset}`, { deleteContents: true }),
    async readTable(dataset, table) {
      await call("read rows", { uri: `/datasets/${dataset}/tables/${table}/data` });
    },
    removeTable: (dataset, table) => remove("remove table", `/datasets/${dataset}/tables/${table}`),
  };
}

type BucketCalls =
  | "bucketLocation"
  | "makeBucket"
  | "writeObject"
  | "listObjects"
  | "readObject"
  | "fetchSigned"
  | "removeObject";

function bucketCalls({ storage }: GoogleClients, place: CloudPlace): Pick<CloudProbe, BucketCalls> {
  const bucket = storage.bucket(place.bucket);
  return {
    async bucketLocation() {
      const [metadata] = await bucket.getMetadata().catch((error: unknown) => {
        if ((error as { code?: unknown }).code === 403) return [null];
        return failed(`find the bucket ${place.bucket}`)(error);
      });
      return metadata?.location ?? null;
    },
    async makeBucket() {
      const doing = failed(`make the bucket ${place.bucket}`);
      const isMissing = await bucket.getMetadata().then(
        () => false,
        (error: unknown) => (error as { code?: unknown }).code === 404 || doing(error),
      );
      if (isMissing) await makeBucket(bucket, place.location).catch(doing);
      return isMissing;
    },
    async writeObject(name) {
      const options = { contentType: "text/plain", signal: undefined, stallMs };
      await upload(bucket.file(name), Readable.from([content]), options);
    },
    async listObjects(prefix) {
      await bucket.getFiles({ prefix, maxResults: 1 }).catch(failed(`list ${prefix}*`));
    },
    async readObject(name) {
      await bucket
        .file(name)
        .download()
        .catch(failed(`read ${name}`));
    },
    async fetchSigned(name) {
      const expires = Date.now() + 300_000;
      const [url] = await bucket
        .file(name)
        .getSignedUrl({ version: "v4", action: "read", expires })
        .catch(failed(`sign a URL of ${name}`));
      await fetchAnswered(url).catch(failed("fetch a signed URL"));
    },
    async removeObject(name) {
      await bucket
        .file(name)
        .delete()
        .catch(failed(`delete ${name}`));
    },
  };
}

async function fetchAnswered(url: string): Promise<void> {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(stallMs) });
  const text = await response.text();
  if (response.ok && text === content) return;
  const why = /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? "";
  throw Object.assign(new Error(`HTTP ${response.status} ${why}`.trim()), {
    code: response.status,
  });
}
