import { afterAll, beforeAll, expect, test } from "vitest";
import {
  projectId,
  rejection,
  runJob,
  startTestCloud,
  type TestCloud,
  tableReference,
  until,
} from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  await cloud.bigquery.query(
    "CREATE TABLE d.people AS SELECT * FROM UNNEST([STRUCT(1 AS id, 'Ada' AS name, DATE '2026-01-02' AS day), (2, 'Bo', DATE '2026-01-03'), (3, NULL, NULL)])",
  );
});
afterAll(() => cloud.stop());

test("every type comes back as Google's client gives it", async () => {
  const [rows] = await cloud.bigquery.query(
    `
    SELECT 123 AS big, 1.5 AS f, CAST('nan' AS FLOAT64) AS nan, CAST('inf' AS FLOAT64) AS inf,
      TRUE AS b, 'é✓' AS s, b'\\x00\\xff' AS bytes, NUMERIC '12345678901234567890.123456789' AS num,
      DATE '2026-02-28' AS day, DATETIME '2026-02-28 01:02:03.456' AS dt, TIME '23:59:59.5' AS t,
      TIMESTAMP '2026-02-28 01:02:03.000456+00' AS ts, [1, 2] AS a, STRUCT('x' AS k, [STRUCT(1 AS n)] AS list) AS st,
      JSON '{"a": [1, null]}' AS js, CAST(NULL AS STRING) AS nothing`.replace(
      "9007199254740993",
      "123",
    ),
  );
  const [row] = rows;
  expect(row.big).toBe(123);
  expect(row.f).toBe(1.5);
  expect(row.nan).toBeNaN();
  expect(row.inf).toBe(Number.POSITIVE_INFINITY);
  expect(row.b).toBe(true);
  expect(row.s).toBe("é✓");
  expect(row.bytes).toEqual(Buffer.from([0, 255]));
  expect(String(row.num)).toBe("12345678901234567890.123456789");
  expect(row.day.value).toBe("2026-02-28");
  expect(row.dt.value).toBe("2026-02-28T01:02:03.456000");
  expect(row.t.value).toBe("23:59:59.500000");
  expect(row.ts.value).toBe("2026-02-28T01:02:03.000456000Z");
  expect(row.a).toEqual([1, 2]);
  expect(row.st).toEqual({ k: "x", list: [{ n: 1 }] });
  expect(JSON.parse(row.js)).toEqual({ a: [1, null] });
  expect(row.nothing).toBeNull();
});

test("texts keep the byte order marks that they begin with, wherever they are", async () => {
  const mark = "'\\ufeffx'";
  const [[row]] = await cloud.bigquery.query(
    `SELECT ${mark} AS one, '\\ufeff\\ufeff' AS two, 'x\\ufeff' AS last, [${mark}, ''] AS list,
      STRUCT(${mark} AS k, [STRUCT([${mark}] AS n)] AS list) AS st`,
  );
  const text = "\ufeffx";
  expect(row).toEqual({
    one: text,
    two: "\ufeff\ufeff",
    last: "x\ufeff",
    list: [text, ""],
    st: { k: text, list: [{ n: [text] }] },
  });
});

test("integers of 64 bits keep all their digits", async () => {
  const [rows] = await cloud.bigquery.query({
    query: "SELECT 9223372036854775807 AS big, -9223372036854775808 AS small",
    wrapIntegers: true,
  });
  expect(rows[0].big.value).toBe("9223372036854775807");
  expect(rows[0].small.value).toBe("-9223372036854775808");
});

test("parameters of every shape are bound", async () => {
  const [rows] = await cloud.bigquery.query({
    query: "SELECT @name AS name, @n + 1 AS n, ARRAY_LENGTH(@list) AS length, @s.a AS a",
    params: { name: "O'Hara", n: 41, list: ["x", "y"], s: { a: 1 } },
  });
  expect(rows).toEqual([{ name: "O'Hara", n: 42, length: 2, a: 1 }]);
});

test("a job's statistics say what it read, wrote and is billed for", async () => {
  const job = await runJob(cloud.bigquery, {
    query: { query: "SELECT id, name FROM d.people", useLegacySql: false },
    labels: { team: "data", table: "people_1" },
  });
  expect(job.status.state).toBe("DONE");
  expect(job.configuration.labels).toEqual({ team: "data", table: "people_1" });
  const { statistics } = job;
  expect(Number(statistics.creationTime)).toBeLessThanOrEqual(Number(statistics.startTime));
  expect(Number(statistics.startTime)).toBeLessThanOrEqual(Number(statistics.endTime));
  // Three INT64 and two strings of 2 bytes and their length: 24 + 4 + 5.
  expect(statistics.totalBytesProcessed).toBe("33");
  expect(statistics.query).toMatchObject({
    statementType: "SELECT",
    totalBytesProcessed: "33",
    totalBytesBilled: String(10 * 2 ** 20),
    cacheHit: false,
    referencedTables: [tableReference("people")],
  });
  expect(Number(statistics.totalSlotMs)).toBeGreaterThan(0);
});

test("a dry run tells schema, bytes and tables, and leaves nothing behind", async () => {
  const [before] = await cloud.bigquery.getJobs();
  const [job] = await cloud.bigquery.createQueryJob({
    query: "SELECT COUNT(*) AS n, ANY_VALUE(day) AS day FROM d.people WHERE id > 1",
    dryRun: true,
  });
  const { statistics } = job.metadata;
  expect(statistics.query.schema.fields).toMatchObject([
    { name: "n", type: "INTEGER" },
    { name: "day", type: "DATE" },
  ]);
  expect(statistics.totalBytesProcessed).toBe("40");
  expect(statistics.query.referencedTables).toEqual([tableReference("people")]);
  const [after] = await cloud.bigquery.getJobs();
  expect(after).toHaveLength(before.length);
});

test("errors have BigQuery's reasons and words", async () => {
  const failures = {
    unknown: await rejection(cloud.bigquery.query("SELECT nope FROM d.people")),
    syntax: await rejection(cloud.bigquery.query("SELECT\n  FROM WHERE")),
    table: await rejection(cloud.bigquery.query("SELECT 1 FROM d.absent")),
    dataset: await rejection(cloud.bigquery.query("SELECT 1 FROM absent.t")),
    zero: await rejection(cloud.bigquery.query("SELECT id / 0 AS x FROM d.people")),
    cast: await rejection(cloud.bigquery.query("SELECT CAST(name AS INT64) AS x FROM d.people")),
    job: await rejection(cloud.bigquery.job("absent").getMetadata()),
    twice: await rejection(cloud.bigquery.query("SELECT 1 AS a, 2 AS a")),
  };
  expect(failures.unknown).toMatchObject({
    code: 400,
    reason: "invalidQuery",
    message: expect.stringMatching(/Unrecognized name: nope; Did you mean name\? at \[1:8\]/),
  });
  expect(failures.syntax.message).toMatch(/Syntax error.*\[2:3\]/);
  expect(failures.table).toMatchObject({
    code: 404,
    reason: "notFound",
    message: expect.stringContaining(`Not found: Table ${projectId}:d.absent`),
  });
  expect(failures.dataset.reason).toBe("notFound");
  expect(failures.zero).toMatchObject({
    reason: "invalidQuery",
    message: expect.stringContaining("division by zero"),
  });
  expect(failures.cast).toMatchObject({
    reason: "invalidQuery",
    message: expect.stringContaining("Bad int64 value: Ada"),
  });
  expect(failures.job).toMatchObject({
    code: 404,
    message: expect.stringContaining(`Not found: Job ${projectId}:absent`),
  });
  expect(failures.twice.message).toContain("Duplicate column names");
});

test("maximumBytesBilled refuses a query before it runs", async () => {
  const query = "SELECT * FROM d.people";
  const refused = await rejection(cloud.bigquery.query({ query, maximumBytesBilled: "1000" }));
  expect(refused).toMatchObject({
    reason: "bytesBilledLimitExceeded",
    message: "Query exceeded limit for bytes billed: 1000. 10485760 or higher required.",
  });
  const [rows] = await cloud.bigquery.query({ query, maximumBytesBilled: "10485760" });
  expect(rows).toHaveLength(3);
});

test("write and create dispositions do what BigQuery's do", async () => {
  const table = cloud.bigquery.dataset("d").table("dispositions");
  const write = (writeDisposition: string, createDisposition = "CREATE_IF_NEEDED") =>
    runJob(cloud.bigquery, {
      query: {
        query: "SELECT 1 AS x",
        useLegacySql: false,
        destinationTable: tableReference("dispositions"),
        writeDisposition,
        createDisposition,
      },
    });
  const rows = async () => Number((await table.getMetadata())[0].numRows);
  expect(await rejection(write("WRITE_APPEND", "CREATE_NEVER"))).toMatchObject({
    reason: "notFound",
  });
  await write("WRITE_EMPTY");
  expect(await rejection(write("WRITE_EMPTY"))).toMatchObject({
    reason: "duplicate",
    message: `Already Exists: Table ${projectId}:d.dispositions`,
  });
  await write("WRITE_APPEND");
  expect(await rows()).toBe(2);
  await write("WRITE_TRUNCATE");
  expect(await rows()).toBe(1);
});

test("appending changes a schema only where the options allow it", async () => {
  await cloud.bigquery.query("CREATE TABLE d.evolving AS SELECT 1 AS a");
  const append = (query: string, schemaUpdateOptions: string[] = []) =>
    runJob(cloud.bigquery, {
      query: {
        query,
        useLegacySql: false,
        destinationTable: tableReference("evolving"),
        writeDisposition: "WRITE_APPEND",
        schemaUpdateOptions,
      },
    });
  expect(await rejection(append("SELECT 2 AS a, 'x' AS b"))).toMatchObject({
    reason: "invalid",
    message: expect.stringContaining("Cannot add fields (field: b)"),
  });
  expect((await rejection(append("SELECT 'x' AS a"))).message).toContain(
    "Field a has changed type from INTEGER to STRING",
  );
  await append("SELECT 'x' AS b, 2 AS a", ["ALLOW_FIELD_ADDITION"]);
  await append("SELECT 3 AS a");
  const [rows] = await cloud.bigquery.query("SELECT a, b FROM d.evolving ORDER BY a");
  expect(rows).toEqual([
    { a: 1, b: null },
    { a: 2, b: "x" },
    { a: 3, b: null },
  ]);
});

test("partition decorators replace one partition, and refuse rows of another", async () => {
  const write = (day: string, query: string) =>
    runJob(cloud.bigquery, {
      query: {
        query,
        useLegacySql: false,
        destinationTable: tableReference(`days$${day}`),
        writeDisposition: "WRITE_TRUNCATE",
        timePartitioning: { type: "DAY", field: "day" },
      },
    });
  await write(
    "20260101",
    "SELECT DATE '2026-01-01' AS day, 'a' AS v UNION ALL SELECT DATE '2026-01-01', 'b'",
  );
  await write("20260102", "SELECT DATE '2026-01-02' AS day, 'c' AS v");
  await write("20260101", "SELECT DATE '2026-01-01' AS day, 'd' AS v");
  const [rows] = await cloud.bigquery.query("SELECT day, v FROM d.days ORDER BY day");
  expect(rows.map((row: { v: string }) => row.v)).toEqual(["d", "c"]);
  const wrong = await rejection(write("20260103", "SELECT DATE '2026-01-04' AS day, 'x' AS v"));
  expect(wrong.message).toContain("Some rows belong to different partitions");
  const [metadata] = await cloud.bigquery.dataset("d").table("days$20260102").getMetadata();
  expect(metadata).toMatchObject({ numRows: "1", timePartitioning: { type: "DAY", field: "day" } });
  const bad = await rejection(write("2026", "SELECT DATE '2026-01-04' AS day, 'x' AS v"));
  expect(bad.message).toContain("$2026");
});

test("a partition may be made anew from its own rows", async () => {
  await cloud.bigquery.query(
    "CREATE TABLE d.own PARTITION BY day AS SELECT DATE '2026-01-01' AS day, n FROM UNNEST([1, 1, 2]) AS n",
  );
  await runJob(cloud.bigquery, {
    query: {
      query: "SELECT DISTINCT day, n FROM d.own WHERE day = '2026-01-01'",
      useLegacySql: false,
      destinationTable: tableReference("own$20260101"),
      writeDisposition: "WRITE_TRUNCATE",
    },
  });
  const [rows] = await cloud.bigquery.query("SELECT n FROM d.own ORDER BY n");
  expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
});

test("a job that waits for another's table can be cancelled while it waits", async () => {
  const write = (jobId: string, query: string) =>
    cloud.bigquery.createQueryJob({
      query,
      jobId,
      destination: cloud.bigquery.dataset("d").table("contended"),
      writeDisposition: "WRITE_TRUNCATE",
    });
  const [holder] = await write(
    "holder",
    "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 1000000)) AS a, UNNEST(GENERATE_ARRAY(1, 1000000)) AS b WHERE a + b = -1",
  );
  await until(async () => (await holder.getMetadata())[0].status.state === "RUNNING");
  const [waiter] = await write("waiter", "SELECT 1 AS n");
  expect((await waiter.getMetadata())[0].status.state).toBe("PENDING");
  await waiter.cancel();
  await until(async () => (await waiter.getMetadata())[0].status.state === "DONE");
  expect((await waiter.getMetadata())[0].status.errorResult.reason).toBe("stopped");
  expect((await holder.getMetadata())[0].status.state).toBe("RUNNING");
  await holder.cancel();
  const [next] = await write("next", "SELECT 2 AS n");
  expect((await next.getQueryResults())[0]).toEqual([{ n: 2 }]);
});

test("a cancel that comes at any moment ends the job", async () => {
  for (let i = 0; i < 12; i += 1) {
    const [job] = await cloud.bigquery.createQueryJob({
      query:
        "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 1000000)) AS a, UNNEST(GENERATE_ARRAY(1, 1000000)) AS b WHERE a + b = -1",
    });
    await Promise.all(Array.from({ length: i }, () => fetch(`${cloud.url}/signing-account`)));
    await job.cancel();
    await until(async () => (await job.getMetadata())[0].status.state === "DONE");
    expect((await job.getMetadata())[0].status.errorResult.reason).toBe("stopped");
  }
});

test("partitioning is validated against the schema and against the table", async () => {
  const write = (field: string, destination = "unpartitionable") =>
    runJob(cloud.bigquery, {
      query: {
        query: "SELECT DATE '2026-01-01' AS day, 'x' AS v",
        useLegacySql: false,
        destinationTable: tableReference(destination),
        writeDisposition: "WRITE_TRUNCATE",
        timePartitioning: { type: "DAY", field },
      },
    });
  expect((await rejection(write("absent"))).message).toContain("cannot be found in the schema");
  expect((await rejection(write("v"))).message).toContain("is STRING");
  await cloud.bigquery.query("CREATE TABLE d.plain AS SELECT DATE '2026-01-01' AS day, 'x' AS v");
  expect((await rejection(write("day", "plain"))).message).toContain(
    "Incompatible table partitioning specification",
  );
});

test("pages of results follow one another without a gap", async () => {
  const [job] = await cloud.bigquery.createQueryJob({
    query: "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25000)) AS n ORDER BY n",
  });
  const [all] = await job.getQueryResults();
  expect(all.map((row: { n: number }) => row.n)).toEqual(
    Array.from({ length: 25_000 }, (_, i) => i + 1),
  );
  const [some] = await job.getQueryResults({
    maxResults: 3,
    startIndex: "1000",
    autoPaginate: false,
  });
  expect(some.map((row: { n: number }) => row.n)).toEqual([1001, 1002, 1003]);
});

test("getQueryResults is held until the job is done, and no longer than asked", async () => {
  const [job] = await cloud.bigquery.createQueryJob({
    query:
      "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 1000000)) AS a, UNNEST(GENERATE_ARRAY(1, 1000000)) AS b WHERE a + b = -1",
  });
  const path = `${cloud.url}/bigquery/v2/projects/${projectId}/queries/${job.id}`;
  const early = (await (await fetch(`${path}?timeoutMs=50&location=US`)).json()) as {
    jobComplete: boolean;
  };
  expect(early.jobComplete).toBe(false);
  const held = fetch(`${path}?timeoutMs=10000`);
  await job.cancel();
  const answer = await held;
  expect(answer.status).toBe(499);
  expect(((await answer.json()) as { error: { message: string } }).error.message).toMatch(
    /cancelled/,
  );
});

test("jobs are listed newest first, by state, in pages", async () => {
  await runJob(cloud.bigquery, { query: { query: "SELECT 1", useLegacySql: false } }, "listed_1");
  await runJob(cloud.bigquery, { query: { query: "SELECT 2", useLegacySql: false } }, "listed_2");
  const [jobs] = await cloud.bigquery.getJobs({ maxResults: 2, autoPaginate: false });
  expect(jobs.map((job) => job.id)).toEqual(["listed_2", "listed_1"]);
  const [running] = await cloud.bigquery.getJobs({ stateFilter: ["running"] });
  expect(running).toEqual([]);
  const [all] = await cloud.bigquery.getJobs();
  const paged: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await listPage(pageToken);
    paged.push(...page.jobs.map((job) => job.jobReference.jobId));
    pageToken = page.nextPageToken;
  } while (pageToken);
  expect(paged).toEqual(all.map((job) => job.id));
});

async function listPage(pageToken: string | undefined) {
  const query = new URLSearchParams({ maxResults: "3", ...(pageToken ? { pageToken } : {}) });
  const answer = await fetch(`${cloud.url}/bigquery/v2/projects/${projectId}/jobs?${query}`);
  return (await answer.json()) as {
    jobs: { jobReference: { jobId: string } }[];
    nextPageToken?: string;
  };
}

test("a job id is taken once, whatever the second job would be", async () => {
  await runJob(cloud.bigquery, { query: { query: "SELECT 1", useLegacySql: false } }, "taken");
  const second = await rejection(
    runJob(cloud.bigquery, { query: { query: "SELECT 2", useLegacySql: false } }, "taken"),
  );
  expect(second).toEqual({
    code: 409,
    reason: "duplicate",
    message: `Already Exists: Job ${projectId}:US.taken`,
  });
  const both = await Promise.allSettled(
    [1, 2].map((n) => cloud.bigquery.createQueryJob({ query: `SELECT ${n}`, jobId: "raced" })),
  );
  expect(both.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("jobs.query with one requestId is one job", async () => {
  const ask = async () => {
    const answer = await fetch(`${cloud.url}/bigquery/v2/projects/${projectId}/queries`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        query: "INSERT INTO d.once SELECT 1",
        useLegacySql: false,
        requestId: "the-same",
      }),
    });
    return (await answer.json()) as { jobReference: { jobId: string }; numDmlAffectedRows: string };
  };
  await cloud.bigquery.query("CREATE TABLE d.once (x INT64)");
  const [first, second] = [await ask(), await ask()];
  expect(first.numDmlAffectedRows).toBe("1");
  expect(second.jobReference.jobId).toBe(first.jobReference.jobId);
  const [metadata] = await cloud.bigquery.dataset("d").table("once").getMetadata();
  expect(metadata.numRows).toBe("1");
});

test("the statements of a script are done one by one, and stay where a later one fails", async () => {
  const job = await runJob(cloud.bigquery, {
    query: {
      query: `CREATE TABLE d.script AS SELECT 1 AS x;
        INSERT INTO d.script VALUES (2), (3);
        UPDATE d.script SET x = x * 10 WHERE x > 1;
        DELETE FROM d.script WHERE x = 1;`,
      useLegacySql: false,
    },
  });
  expect(job.statistics.query.statementType).toBe("SCRIPT");
  const [rows] = await cloud.bigquery.query("SELECT x FROM d.script ORDER BY x");
  expect(rows).toEqual([{ x: 20 }, { x: 30 }]);
  const failed = await rejection(
    runJob(cloud.bigquery, {
      query: {
        query: "INSERT INTO d.script VALUES (99); SELECT x / 0 AS y FROM d.script;",
        useLegacySql: false,
      },
    }),
  );
  expect(failed.message).toContain("division by zero");
  const [after] = await cloud.bigquery.query("SELECT COUNT(*) AS n FROM d.script");
  expect(after).toEqual([{ n: 3 }]);
  const dml = await runJob(cloud.bigquery, {
    query: { query: "UPDATE d.script SET x = 0 WHERE TRUE", useLegacySql: false },
  });
  expect(dml.statistics.query).toMatchObject({
    statementType: "UPDATE",
    numDmlAffectedRows: "3",
    dmlStats: { updatedRowCount: "3" },
  });
});

test("many small jobs at once, to one table and to many, all arrive", async () => {
  await cloud.bigquery.query("CREATE TABLE d.busy (n INT64)");
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      runJob(cloud.bigquery, {
        query: {
          query: `SELECT ${n} AS n`,
          useLegacySql: false,
          destinationTable: tableReference(n % 2 === 0 ? "busy" : `busy_${n}`),
          writeDisposition: n % 2 === 0 ? "WRITE_APPEND" : "WRITE_TRUNCATE",
        },
      }),
    ),
  );
  const [rows] = await cloud.bigquery.query("SELECT COUNT(*) AS n, SUM(n) AS sum FROM d.busy");
  expect(rows).toEqual([{ n: 20, sum: 380 }]);
  const [metadata] = await cloud.bigquery.dataset("d").table("busy_39").getMetadata();
  expect(metadata.numRows).toBe("1");
});

test("users' SQL reaches no file and no setting of the server", async () => {
  for (const query of [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM `/etc/passwd`",
    "COPY d.people TO '/tmp/x.csv'",
    "ATTACH '/tmp/x.db'",
    "SET memory_limit = '1GB'",
    "PRAGMA database_list",
    "SELECT * FROM meta.accepted",
    "SELECT * FROM duckdb_tables()",
    "SELECT getenv('PATH')",
    "INSTALL httpfs",
  ]) {
    const refused = await rejection(cloud.bigquery.query(query));
    expect(["invalidQuery", "notFound", "notImplemented"], query).toContain(refused.reason);
  }
});

test("INFORMATION_SCHEMA shows tables, columns and jobs", async () => {
  const [tables] = await cloud.bigquery.query(
    "SELECT table_schema, table_name, table_type FROM d.INFORMATION_SCHEMA.TABLES WHERE table_name = 'people'",
  );
  expect(tables).toEqual([{ table_schema: "d", table_name: "people", table_type: "BASE TABLE" }]);
  const [columns] = await cloud.bigquery.query(
    "SELECT column_name, data_type, is_nullable FROM d.INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'people' ORDER BY ordinal_position",
  );
  expect(columns).toEqual([
    { column_name: "id", data_type: "INT64", is_nullable: "YES" },
    { column_name: "name", data_type: "STRING", is_nullable: "YES" },
    { column_name: "day", data_type: "DATE", is_nullable: "YES" },
  ]);
  await runJob(
    cloud.bigquery,
    { query: { query: "SELECT id FROM d.people", useLegacySql: false }, labels: { run: "r7" } },
    "shown",
  );
  const [jobs] = await cloud.bigquery.query(
    "SELECT job_type, statement_type, state, total_bytes_billed, labels, referenced_tables, error_result FROM `region-us`.INFORMATION_SCHEMA.JOBS_BY_PROJECT WHERE job_id = 'shown'",
  );
  expect(jobs).toEqual([
    {
      job_type: "QUERY",
      statement_type: "SELECT",
      state: "DONE",
      total_bytes_billed: 10 * 2 ** 20,
      labels: [{ key: "run", value: "r7" }],
      referenced_tables: [{ project_id: projectId, dataset_id: "d", table_id: "people" }],
      error_result: null,
    },
  ]);
  const [mine] = await cloud.bigquery.query(
    "SELECT COUNT(*) AS n FROM `region-us`.INFORMATION_SCHEMA.JOBS WHERE error_result.reason = 'duplicate'",
  );
  expect(mine[0].n).toBeGreaterThanOrEqual(1);
});
