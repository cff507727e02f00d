import { afterAll, beforeAll, expect, test } from "vitest";
import { daysSql, linesSql, moversSql } from "../../../client/pages/costs/cost-links.ts";
import { jobs, runs } from "../../../drizzle/schema/runs.ts";
import { users } from "../../../drizzle/schema/users.ts";
import { createDbClient, type DbClient } from "../../../server/db/client.ts";
import { summarizeCosts } from "../../../server/services/costs/summarize-costs.ts";
import { queryHistory } from "../../../server/services/history/query-history.ts";
import { createSecretBox } from "../../../server/support/crypto.ts";
import { historyViews } from "../../../shared/history.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";

let database: TestDatabase;
let client: DbClient;
let deps: Parameters<typeof summarizeCosts>[0];

const dayMs = 86_400_000;

beforeAll(async () => {
  database = await createTestDatabase();
  const { connectionString } = database;
  client = createDbClient({ connectionString, poolSize: 4, applicationName: "test" });
  const secretBox = createSecretBox("a secret for tests");
  deps = { db: client.db, secretBox, givenSettings: {}, now: () => new Date() };
  const ids = await insertCatalog(client.db, [{ name: "a" }, { name: "b" }]);
  await client.db.insert(users).values({ email: "ana@test", oauthSubject: "a subject" });
  await client.db.insert(runs).values({ kind: "manual", state: "succeeded", endedAt: new Date() });
  const billed = [
    { name: "a", daysAgo: 0, bytes: 3 },
    { name: "a", daysAgo: 40, bytes: 1 },
    { name: "b", daysAgo: 2, bytes: 2 },
    { name: "b", daysAgo: 33, bytes: 9 },
  ];
  await client.db.insert(jobs).values(
    billed.map(({ name, daysAgo, bytes }, index) => ({
      tableId: ids.get(name)!,
      step: "query" as const,
      attempt: 1,
      bqJobId: `job_${index}`,
      configuration: { query: "select 'a secret'" },
      configurationHash: "hash",
      state: "succeeded" as const,
      groupName: name === "b" ? "it's" : "",
      bytesBilled: bytes * 2 ** 40,
      createdAt: new Date(Date.now() - daysAgo * dayMs),
    })),
  );
});
afterAll(async () => {
  await client.close();
  await database.drop();
});

const rowsOf = async (sql: string) => (await queryHistory(deps, sql)).rows;
const refusal = (sql: string) =>
  queryHistory(deps, sql).then(
    () => "answered",
    (error: Error) => error.message,
  );

test("the SQL behind each figure of the costs gives that figure", async () => {
  const costs = await summarizeCosts(deps, 30);
  const billed = costs.perDay.filter(({ bytesBilled }) => bytesBilled > 0);
  expect(await rowsOf(daysSql(30))).toEqual(
    billed.map(({ day, price, bytesBilled }) => [day, price, bytesBilled]),
  );
  expect(await rowsOf(linesSql("table", 30))).toEqual(
    costs.byTable.map((line) => [line.name, line.jobs, line.bytesBilled, line.price]),
  );
  expect(await rowsOf(moversSql(30))).toEqual(
    costs.movers.map(({ name, price, priceBefore }) => [name, price, priceBefore]),
  );
  const only = { dimension: "group" as const, name: "it's" };
  const ofOne = await summarizeCosts(deps, 30, only);
  expect(ofOne.totalPrice).toBeGreaterThan(0);
  expect(await rowsOf(linesSql("user", 30, only))).toEqual(
    ofOne.byUser.map((line) => [line.name, line.jobs, line.bytesBilled, line.price]),
  );
});

test("every table has the columns that are told of it", async () => {
  for (const { name, columns } of historyViews) {
    const { schema } = await queryHistory(deps, `select * from ${name}`);
    expect(schema.map((field) => [field.name, field.type])).toEqual(
      columns.map((column) => [column.name, column.type]),
    );
  }
});

test("joins, WITH, windows, cases and dates are answered", async () => {
  const rows = await rowsOf(`
    with daily as (select date_trunc('day', created_at) as day, sum(bytes_billed) as bytes
      from jobs where created_at > now() - interval '7 days' group by 1)
    select extract(year from d.day) > 2000 as late, d.bytes, rank() over (order by d.bytes desc) as place,
      case when d.bytes > 2500000000000 then 'much' else 'little' end as amount,
      count(*) filter (where r.kind = 'manual') over () as hands
    from daily d cross join runs r
    where r.state in ('succeeded') and exists (select 1 from costs c where c.day = d.day::date)
    order by place`);
  expect(rows).toEqual([
    [true, 3 * 2 ** 40, 1, "much", 2],
    [true, 2 * 2 ** 40, 2, "little", 2],
  ]);
});

test("nothing but its tables is read, and nothing is written, waited for or asked of the server", async () => {
  const refused: [sql: string, message: RegExp][] = [
    ["select * from settings", /there is no settings here/],
    ["select * from users", /there is no users here/],
    ["select * from public.runs", /schema is not allowed/],
    ["select * from pg_catalog.pg_authid", /schema is not allowed/],
    // Its own name means the WITH clause from behind it on alone.
    ["with users as (select * from users) select * from users", /there is no users here/],
    [
      "select (with api_tokens as (select 1) select 2), t.* from api_tokens t",
      /no api_tokens here/,
    ],
    ["with recursive n(x) as (select 1 union all select 1 from n) select * from n", /RECURSIVE/],
    ["select pg_sleep(1)", /the function pg_sleep/],
    ["select current_setting('data_directory')", /the function current_setting/],
    ["select query_to_xml('select 1', true, true, '')", /the function query_to_xml/],
    ["select pg_catalog.now()", /schema is not allowed/],
    ["select repeat('a', 1000)", /the function repeat/],
    ["select * from generate_series(1, 10)", /a function in FROM/],
    ["select current_user", /current_user is not allowed/],
    ["select 'users'::regclass", /the type regclass/],
    ["select 1 from runs for update", /for is not allowed/],
    ["delete from runs", /DELETE is not allowed/],
    ["with gone as (delete from runs returning id) select * from gone", /DELETE is not allowed/],
    ["select 1; select 2", /a second statement/],
    ["set search_path to pg_catalog", /SET is not allowed/],
    ["", /empty|ends too early/],
    ["select 1 from history_runs", /there is no history_runs here/],
    ["select 1 from own_x", /there is no own_x here/],
    [`select ${"(".repeat(30)}1${")".repeat(30)}`, /nests at most/],
    [`select '${"a".repeat(6_000)}'`, /at most 5000 characters/],
    ["select nothing from runs", /column "nothing" does not exist/],
    ["select 1 / 0", /division by zero/],
    [`select ${Array.from({ length: 51 }, () => "id").join(", ")} from runs`, /51 columns/],
  ];
  for (const [sql, message] of refused) expect(await refusal(sql), sql).toMatch(message);
});

test("what is printed means what was read, whatever is in names and texts", async () => {
  const text = `'; drop table runs; -- \\' "quoted" E'\\\\'`;
  const sql = `select '${text.replaceAll("'", "''")}' as "a ""name"" ; select 1"`;
  const { schema, rows } = await queryHistory(deps, sql);
  expect(schema[0]?.name).toBe('a "name" ; select 1');
  expect(rows).toEqual([[text]]);
  expect(await rowsOf("select 2 + 3 * 4 - (1 - 1), not true or true, -2 * -3")).toEqual([
    [14, true, 6],
  ]);
});

test("queries wait for each other", async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => rowsOf("select 1")));
  expect(answers).toEqual(answers.map(() => [[1]]));
});

test("a long answer is cut, and says so", async () => {
  const cross = "select 1 from jobs a, jobs b, jobs c, jobs d, jobs e, jobs f";
  const { rows, isCut } = await queryHistory(deps, cross);
  expect([rows.length, isCut]).toEqual([1_000, true]);
  const [[long] = []] = await rowsOf(`select '${"a".repeat(2_000)}'`);
  expect(String(long)).toHaveLength(500);
});
