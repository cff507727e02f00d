import { expect, test } from "vitest";
import { ended, projectId, tableReference, until } from "./support/local-cloud.ts";
import { restartedCloud } from "./support/restarted-cloud.ts";

const start = restartedCloud();
type Cloud = Awaited<ReturnType<typeof start>>;

const rows = 20_000;
const csv = Array.from({ length: rows }, (_, i) => `${i},name ${i}\n`).join("");

/** One job of each kind, each with its own effect; the table says whether it happened. */
const kinds: Record<string, (n: number) => Record<string, unknown>> = {
  load: (n) => ({
    load: {
      sourceUris: ["gs://bucket/rows.csv"],
      destinationTable: tableReference(`load_${n}`),
      schema: {
        fields: [
          { name: "i", type: "INTEGER" },
          { name: "s", type: "STRING" },
        ],
      },
    },
  }),
  extract: (n) => ({
    extract: {
      sourceTable: tableReference("source"),
      destinationUri: `gs://bucket/out-${n}.json.gz`,
      destinationFormat: "NEWLINE_DELIMITED_JSON",
      compression: "GZIP",
    },
  }),
  copy: (n) => ({
    copy: { sourceTable: tableReference("source"), destinationTable: tableReference(`copy_${n}`) },
  }),
  ddl: (n) => ({
    query: {
      query: `CREATE TABLE d.ddl_${n} AS SELECT i, s FROM d.source`,
      useLegacySql: false,
    },
  }),
};

test("loads, extracts, copies and definitions are whole or not there, whenever it is killed", async () => {
  let cloud = await start();
  await cloud.storage.createBucket("bucket");
  await cloud.storage.bucket("bucket").file("rows.csv").save(csv, { resumable: false });
  await cloud.bigquery.createDataset("d");
  await cloud.bigquery.query(
    `CREATE TABLE d.source AS SELECT i, CONCAT('name ', CAST(i AS STRING)) AS s FROM UNNEST(GENERATE_ARRAY(0, ${rows - 1})) AS i`,
  );
  await cloud.bigquery.query("CREATE TABLE d.streamed (request INT64, row INT64)");
  const accepted: { kind: string; n: number }[] = [];
  const inserted = new Set<number>();
  const kills = 3;
  for (let round = 0; round < kills; round += 1) {
    const submitted = Object.entries(kinds).flatMap(([kind, configuration]) =>
      [0, 1].map(async (half) => {
        const n = round * 2 + half;
        await cloud.bigquery.createJob({ configuration: configuration(n), jobId: `${kind}_${n}` });
        accepted.push({ kind, n });
      }),
    );
    const streamed = [0, 1, 2].map(async (third) => {
      const request = round * 3 + third;
      await insertOnce(cloud, request);
      inserted.add(request);
    });
    const settled = Promise.allSettled([...submitted, ...streamed]);
    // At another moment in each round: from before the first is accepted to when all are.
    await until(() => accepted.length >= round * 6);
    await cloud.process.kill("SIGKILL");
    await settled;
    cloud = await start();
  }
  for (const { kind, n } of accepted) await checkDone(cloud, kind, n);
  await checkStreamed(cloud, inserted);
}, 240_000);

/** Without the client's own retries: a request is answered or not. */
async function insertOnce(cloud: Cloud, request: number): Promise<void> {
  const url = `${cloud.process.url}/bigquery/v2/projects/${projectId}/datasets/d/tables/streamed/insertAll`;
  const json = Array.from({ length: 100 }, (_, row) => ({ json: { request, row } }));
  const answer = await fetch(url, { method: "POST", body: JSON.stringify({ rows: json }) });
  if (!answer.ok) throw new Error(`${answer.status}`);
  await answer.json();
}

async function checkDone(cloud: Cloud, kind: string, n: number): Promise<void> {
  const job = cloud.bigquery.job(`${kind}_${n}`);
  await job.get();
  if (job.metadata.status.state !== "DONE") await ended(job);
  const [{ status }] = await job.getMetadata();
  expect(status.errorResult, `${kind} ${n}`).toBeUndefined();
  if (kind === "extract") {
    const file = cloud.storage.bucket("bucket").file(`out-${n}.json.gz`);
    const [content] = await file.download({ decompress: false });
    const { gunzipSync } = await import("node:zlib");
    expect(gunzipSync(content).toString().trim().split("\n")).toHaveLength(rows);
    return;
  }
  const [found] = await cloud.bigquery.query(
    `SELECT COUNT(*) AS n, COUNT(DISTINCT i) AS ids FROM d.${kind}_${n}`,
  );
  expect(found, `${kind} ${n}`).toEqual([{ n: rows, ids: rows }]);
}

/** What was answered is there once and whole; what was not is whole or not there. */
async function checkStreamed(cloud: Cloud, inserted: Set<number>): Promise<void> {
  const [found] = await cloud.bigquery.query(
    "SELECT request, COUNT(*) AS n FROM d.streamed GROUP BY request",
  );
  const counts = new Map(found.map((row: { request: number; n: number }) => [row.request, row.n]));
  for (const request of inserted) expect(counts.get(request), `request ${request}`).toBe(100);
  expect([...counts.values()].every((n) => n === 100)).toBe(true);
}
