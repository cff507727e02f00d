import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../server/connectors/warehouse.ts";
import { type LocalCloud, startLocalCloud } from "../../server/embedded/local-cloud.ts";
import { connectWarehouse } from "../support/engine-deps.ts";
import type { Fault } from "../support/null-answers.ts";
import { type NullWarehouse, startNullWarehouse } from "../support/null-warehouse.ts";

describe("over the local cloud", () => {
  let directory: string;
  let cloud: LocalCloud;
  let warehouse: Warehouse;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "maestro-test-warehouse-"));
    const log = pino({ level: "silent" });
    const place = { dataDir: directory, host: "127.0.0.1", port: 0 };
    cloud = await startLocalCloud({ ...place, log, standalone: true });
    warehouse = await connectWarehouse(cloud.url);
    await warehouse.ensureDataset("shop");
  });
  afterAll(async () => {
    await cloud?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const query = (sql: string, tableId = "t") => ({
    query: {
      query: sql,
      useLegacySql: false,
      destinationTable: { projectId: "test", datasetId: "shop", tableId },
      writeDisposition: "WRITE_TRUNCATE",
    },
  });

  async function finished(jobId: string) {
    let status = await warehouse.awaitQuery(jobId, 10_000);
    while (status?.state !== "DONE") status = await warehouse.awaitQuery(jobId, 10_000);
    return status;
  }

  test("a job is taken once; the second insert finds it, with its labels", async () => {
    const configuration = query("select 1 as x union all select 2");
    const labels = { maestro_config: "abc" };
    const first = await warehouse.insertJob("job_1", configuration, labels);
    expect(first.adopted).toBe(false);
    const second = await warehouse.insertJob("job_1", configuration, labels);
    expect(second).toMatchObject({ adopted: true, configuration: { labels } });
    const done = await finished("job_1");
    expect(done).toMatchObject({ state: "DONE", error: null });
    expect(Number(done.statistics["totalBytesProcessed"])).toBeGreaterThanOrEqual(0);
    expect(await warehouse.getTable("shop", "t")).toMatchObject({
      rowCount: 2,
      schema: [{ name: "x", type: expect.stringMatching(/^INT/), mode: "NULLABLE" }],
    });
  });

  test("what is not there is null, and cannot be cancelled", async () => {
    expect(await warehouse.getTable("shop", "nowhere")).toBeNull();
    expect(await warehouse.getJob("nobody")).toBeNull();
    expect(await warehouse.awaitQuery("nobody", 100)).toBeNull();
    expect(await warehouse.cancelJob("nobody")).toBe(false);
  });

  test("a query that fails ends with its reason, and is not retryable", async () => {
    await warehouse.insertJob("job_bad", query("select nothing from shop.t"), {});
    expect(await finished("job_bad")).toMatchObject({
      state: "DONE",
      error: { reason: "invalidQuery", retryable: false },
    });
  });

  test("a table's new partitioning, and a cost cap that is too low, say what to do", async () => {
    const plain = query("select date '2026-03-05' as day", "partitions");
    await warehouse.insertJob("job_plain", plain, {});
    await finished("job_plain");
    const partitioned = { ...plain.query, timePartitioning: { type: "DAY", field: "day" } };
    await warehouse.insertJob("job_partitioned", { query: partitioned }, {});
    const { error } = await finished("job_partitioned");
    expect(error?.message).toMatch(/partitioning specification .*\(.*drop the table in BigQuery/);

    const capped = { ...query("select x from shop.t", "capped").query, maximumBytesBilled: "1" };
    await warehouse.insertJob("job_capped", { query: capped }, {});
    const refused = (await finished("job_capped")).error;
    expect(refused?.message).toMatch(
      /raise the table's cost cap to \d+ bytes \(0\.01 GB\) or more/,
    );
  });

  test("a dataset that was dropped meanwhile is made again for the next attempt", async () => {
    await warehouse.ensureDataset("dropped");
    const url = `${cloud.url}/bigquery/v2/projects/test/datasets/dropped?deleteContents=true`;
    const headers = { authorization: "Bearer local" };
    expect((await fetch(url, { method: "DELETE", headers })).status).toBeLessThan(300);
    const destinationTable = { projectId: "test", datasetId: "dropped", tableId: "t" };
    const again = { query: { ...query("select 1 as x").query, destinationTable } };
    await warehouse.ensureDataset("dropped");
    const first = await warehouse.insertJob("job_dropped_1", again, {}).catch((error) => error);
    const fault = first instanceof Error ? first : (await finished("job_dropped_1")).error;
    expect(fault).toMatchObject({ reason: "notFound" });
    await warehouse.ensureDataset("dropped");
    await warehouse.insertJob("job_dropped_2", again, {});
    expect(await finished("job_dropped_2")).toMatchObject({ error: null });
  });

  test("a dry run answers schema, bytes and tables, or where the SQL is wrong", async () => {
    const dry = await warehouse.dryRun("select x, cast(x as string) s from t", {
      legacySql: false,
      defaultDataset: "shop",
    });
    expect(dry.schema.map(({ name }) => name)).toEqual(["x", "s"]);
    expect(dry.referencedTables).toEqual(["test.shop.t"]);
    const wrong = warehouse.dryRun("select x\nfrom shop.t\nwhere nothing = 1", {
      legacySql: false,
    });
    await expect(wrong).rejects.toMatchObject({ code: "invalidSql", position: { line: 3 } });
  });

  test("a preview shows values as JSON: exact integers, instants, nested and repeated", async () => {
    await warehouse.insertJob(
      "job_values",
      query(
        `select 9007199254740993 as big, 7 as small, 1.5 as f, true as b, cast(null as string) as n,
           timestamp '2026-03-05 10:00:00.25+00' as ts, [1, 2] as list,
           struct('x' as a, [struct(1 as y)] as many) as s`,
        "values_",
      ),
      {},
    );
    await finished("job_values");
    const { rows, totalRows } = await warehouse.preview("shop", "values_", 10);
    expect(totalRows).toBe(1);
    expect(rows).toEqual([
      [
        "9007199254740993",
        7,
        1.5,
        true,
        null,
        "2026-03-05T10:00:00.250000Z",
        [1, 2],
        { a: "x", many: [{ y: 1 }] },
      ],
    ]);
  });
});

describe("faults", () => {
  let server: NullWarehouse;
  let warehouse: Warehouse;
  let fault: Fault = null;
  beforeAll(async () => {
    server = await startNullWarehouse();
    server.intercept = ({ phase }) => (phase === "before" ? fault : null);
    warehouse = await connectWarehouse(server.url);
  });
  afterAll(() => server.close());

  test.each<[Fault, Record<string, unknown>]>([
    [{ status: 503, reason: "backendError" }, { retryable: true }],
    [{ status: 500, reason: "internalError" }, { retryable: true }],
    [{ status: 403, reason: "rateLimitExceeded" }, { retryable: true }],
    [{ status: 429, reason: "jobRateLimitExceeded" }, { retryable: true }],
    ["cut", { retryable: true, code: "transient" }],
    [
      { status: 403, reason: "quotaExceeded" },
      { retryable: false, code: "warehouse" },
    ],
    [
      { status: 403, reason: "accessDenied" },
      { retryable: false, message: /roles\/bigquery\.jobUser/ },
    ],
    [
      { status: 401, reason: "authError" },
      { retryable: false, code: "configuration" },
    ],
    [
      { status: 400, reason: "invalidQuery", message: "Unexpected ) at [12:3]" },
      { retryable: false, code: "invalidSql", position: { line: 12, column: 3 } },
    ],
    [
      { status: 400, reason: "invalid", message: "Oops. Retrying the job may solve the problem." },
      { retryable: true },
    ],
  ])("%o", async (each, { message, ...expected }) => {
    fault = each;
    const error = await warehouse
      .insertJob("j", { query: {} }, {})
      .then(() => null)
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: "MaestroError", ...expected });
    if (message) expect(error!.message).toMatch(message as RegExp);
    expect(server.jobs.size).toBe(0);
  });

  test("one call is one request: nothing is repeated unseen", async () => {
    fault = { status: 503, reason: "backendError" };
    server.requests.length = 0;
    await warehouse.getTable("d", "t").catch(() => undefined);
    expect(server.requests).toHaveLength(1);
  });
});
