import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectId, startTestCloud, type TestCloud } from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  await cloud.bigquery.query(
    "CREATE TABLE d.t AS SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25)) AS n",
  );
  for (let i = 0; i < 5; i += 1) await cloud.bigquery.query(`SELECT ${i} AS n`);
});
afterAll(() => cloud.stop());

interface Answer {
  status: number;
  body: { error?: { code: number; message: string; status: string } } & Record<string, unknown>;
}

async function ask(path: string, body?: string): Promise<Answer> {
  const answer = await fetch(`${cloud.url}/bigquery/v2/projects/${projectId}${path}`, {
    ...(body === undefined ? {} : { method: "POST", body }),
    headers: { "content-type": "application/json" },
  });
  return { status: answer.status, body: (await answer.json()) as Answer["body"] };
}

describe("a body that is none", () => {
  test.each([
    ["{", 400, "no JSON"],
    ['{"query": "SELECT 1",}', 400, "no JSON"],
    ["[1]", 400, "Root element must be a message"],
    ['"SELECT 1"', 400, "Root element must be a message"],
    ['{"configuration": 5}', 400, "configuration"],
    ['{"configuration": {"query": "SELECT 1"}}', 400, "query"],
    ['{"configuration": {"query": {"query": 5}}}', 400, "query"],
    ['{"configuration": {"query": {"query": "SELECT 1"}, "labels": 7}}', 400, "labels"],
    [
      '{"configuration": {"query": {"query": "SELECT 1"}}, "jobReference": {"jobId": 9}}',
      400,
      "job ID",
    ],
    [
      '{"configuration": {"copy": {"sourceTable": "d.t", "destinationTable": {}}}}',
      400,
      "sourceTable",
    ],
    [
      '{"configuration": {"load": {"destinationTable": {"datasetId": "d"}}}}',
      400,
      "destinationTable",
    ],
    [
      '{"configuration": {"query": {"query": "SELECT 1"}}, "jobReference": {"projectId": "neighbour"}}',
      400,
      "does not agree",
    ],
  ])("%s is refused in Google's shape", async (body, status, words) => {
    const answer = await ask("/jobs", body);
    expect(answer).toMatchObject({
      status,
      body: { error: { code: status, status: "INVALID_ARGUMENT" } },
    });
    expect(answer.body.error?.message).toContain(words);
  });

  test("a column's default value that is no plain value is refused by name, not forgotten", async () => {
    const field = { name: "a", type: "STRING", defaultValueExpression: "(SELECT 'x')" };
    const body = { tableReference: { tableId: "filled" }, schema: { fields: [field] } };
    const answer = await ask("/datasets/d/tables", JSON.stringify(body));
    expect(answer.status).toBe(501);
    expect(answer.body.error?.message).toContain(
      "not supported by the local warehouse: DEFAULT of anything but literals",
    );
  });

  test("more than ten megabytes of JSON is too large, and others are answered meanwhile", async () => {
    const large = ask("/queries", JSON.stringify({ query: "x".repeat(11 * 2 ** 20) }));
    expect((await ask("/datasets")).status).toBe(200);
    expect(await large).toMatchObject({ status: 413, body: { error: { code: 413 } } });
  });

  test("what is no HTTP gets an answer in Google's shape", async () => {
    const { hostname, port } = new URL(cloud.url);
    const socket = connect(Number(port), hostname);
    socket.write("THIS IS NOT HTTP\r\n\r\n");
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ error: { code: 400 } });
  });
});

describe("a list is read page by page", () => {
  async function pages(path: string, key: string): Promise<{ sizes: number[]; items: unknown[] }> {
    const items: unknown[] = [];
    const sizes: number[] = [];
    let token = "";
    do {
      const { body } = await ask(`${path}&pageToken=${token}`);
      const page = (body[key] ?? []) as unknown[];
      sizes.push(page.length);
      items.push(...page);
      token = String(body["nextPageToken"] ?? body["pageToken"] ?? "");
    } while (token !== "");
    return { sizes, items };
  }

  test("rows, each once and in order", async () => {
    const { sizes, items } = await pages("/datasets/d/tables/t/data?maxResults=10", "rows");
    expect(sizes).toEqual([10, 10, 5]);
    const values = items.map((row) => Number((row as { f: { v: string }[] }).f[0]?.v));
    expect(values).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    const from = await ask("/datasets/d/tables/t/data?startIndex=23");
    expect(from.body["rows"]).toHaveLength(2);
  });

  test("jobs, each once, the newest first", async () => {
    const { items } = await pages("/jobs?maxResults=2", "jobs");
    const times = items.map((job) =>
      Number((job as { statistics: { creationTime: string } }).statistics.creationTime),
    );
    const ids = items.map((job) => (job as { id: string }).id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(6);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  test.each([
    "/datasets/d/tables/t/data?pageToken=!!!",
    "/datasets/d/tables/t/data?pageToken=bm9uZQ",
    "/datasets/d/tables/t/data?startIndex=-1",
    "/datasets/d/tables/t/data?maxResults=many",
    "/datasets/d/tables?pageToken=none",
    "/datasets?maxResults=-5",
    "/jobs?pageToken=none",
    "/jobs?pageToken=bm9uZQ",
    "/jobs?maxResults=1.5",
    "/jobs?stateFilter=asleep",
    "/jobs?minCreationTime=yesterday",
  ])("%s is refused", async (path) => {
    expect(await ask(path)).toMatchObject({ status: 400, body: { error: { code: 400 } } });
  });
});
