import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TableDetail, TableListItem } from "../../shared/table.ts";
import {
  type CommandServer,
  createCommandLine,
  type RunCommandLine,
  startCommandServer,
  writeFiles,
} from "./support.ts";

let at: CommandServer;
let maestro: RunCommandLine;

beforeAll(async () => {
  at = await startCommandServer();
  maestro = createCommandLine(at.deps);
});

afterAll(() => at.close());

const write = async (files: Record<string, string>) =>
  writeFiles(await mkdtemp(join(at.folder, "project-")), files);

async function show(name: string): Promise<TableDetail> {
  return JSON.parse(await maestro(["tables", "show", name, "--json"], at.env));
}

const model = (name: string, more: object = {}) => ({
  resource_type: "model",
  name,
  schema: "mart",
  language: "sql",
  original_file_path: `models/${name}.sql`,
  compiled_code: "select 1 as one",
  config: { materialized: "table" },
  ...more,
});

test("dbt's models become tables with their partitions and parents; what cannot be read is named", async () => {
  const nodes = {
    orders: model("orders", {
      description: "Orders, as they came",
      config: {
        materialized: "table",
        partition_by: { field: "day", data_type: "date", granularity: "month" },
        cluster_by: ["shop"],
      },
    }),
    daily: model("daily", {
      alias: "daily_orders",
      compiled_code: "select count(*) as n from `our-project`.`mart`.`orders`",
      config: { materialized: "incremental" },
    }),
    scores: model("scores", { language: "python" }),
    inner: model("inner", { config: { materialized: "ephemeral" } }),
    late: model("late", { compiled_code: null }),
    holidays: { resource_type: "seed", name: "holidays", schema: "mart", config: {} },
    check: { resource_type: "test", name: "not_null_orders_id", schema: "mart" },
  };
  const root = await write({
    "target/manifest.json": JSON.stringify({ metadata: {}, nodes, sources: {} }),
  });
  await expect(maestro(["adopt", root], at.env)).rejects.toThrow(/say --yes/);
  expect(JSON.parse(await maestro(["tables", "list", "--json"], at.env))).toEqual([]);
  const output = await maestro(["adopt", root, "--yes"], at.env);
  expect(output).toContain("dbt: 3 tables");
  expect(output).toMatch(/mart\.daily_orders: incremental in dbt/);
  expect(output).toMatch(/models\/scores\.sql is left out: a model in Python/);
  expect(output).toMatch(/models\/inner\.sql is left out: an ephemeral model/);
  expect(output).toMatch(/models\/late\.sql is left out: it is not compiled/);
  expect(output).not.toContain("not_null_orders_id");
  const daily = await show("mart.daily_orders");
  expect(daily.parents.map(({ name }) => name)).toEqual(["mart.orders"]);
  expect((await show("mart.orders")).definition).toMatchObject({
    description: "Orders, as they came",
    partitioning: { type: "MONTH", field: "day" },
    clustering: ["shop"],
  });
  expect((await show("mart.holidays")).kind).toBe("external");
});

test("a table that is in the catalog otherwise stays as it is, unless it shall be overwritten", async () => {
  const nodes = { orders: model("orders", { compiled_code: "select 2 as two" }) };
  const root = await write({ "manifest.json": JSON.stringify({ nodes }) });
  expect(await maestro(["adopt", root, "--yes"], at.env)).toContain(
    "mart.orders is in the catalog otherwise, and stays so",
  );
  expect((await show("mart.orders")).version).toBe(1);
  await maestro(["adopt", root, "--yes", "--overwrite"], at.env);
  expect((await show("mart.orders")).definition.query).toBe("select 2 as two");
});

test("Dataform's compiled graph becomes tables; scripts and what did not compile are named", async () => {
  const target = (name: string) => ({ database: "p", schema: "df", name });
  const graph = {
    projectConfig: { warehouse: "bigquery" },
    tables: [
      {
        target: target("events"),
        enumType: "TABLE",
        query: "select 1 as one",
        fileName: "definitions/events.sqlx",
        bigquery: { partitionBy: "DATE(at)", clusterBy: ["kind"] },
        actionDescriptor: { description: "What happened" },
      },
      { target: target("latest"), type: "view", query: "select * from `p.df.events`" },
      { target: target("odd"), type: "table", query: "select 1", preOps: ["declare x int64"] },
      { target: target("parts"), type: "inline", query: "select 1" },
    ],
    operations: [{ target: target("grants"), fileName: "definitions/grants.sqlx" }],
    graphErrors: {
      compilationErrors: [{ fileName: "definitions/bad.sqlx", message: "no such ref" }],
    },
  };
  const root = await write({ "graph.json": JSON.stringify(graph), "package.json": "{}" });
  const output = await maestro(["adopt", root, "--yes"], at.env);
  expect(output).toContain("Dataform: 2 tables");
  expect(output).toContain("df.latest: a view in Dataform");
  expect(output).toContain("definitions/grants.sqlx is left out: an operation");
  expect(output).toContain("df.odd is left out: it has operations before or after");
  expect(output).toContain(
    "definitions/bad.sqlx is left out: Dataform could not compile it: no such ref",
  );
  expect((await show("df.events")).definition).toMatchObject({
    description: "What happened",
    partitioning: { type: "DAY", field: "at" },
  });
});

test("of plain SQL, tables in a circle are left out; the others are made, with what they name not", async () => {
  const root = await write({
    "raw/one.sql": "select * from raw.two",
    "raw/two.sql": "select * from raw.one",
    "raw/three.sql": "select 3 as three",
    "raw/four.sql": "select * from raw.three",
    "raw/four.yaml": "kind: summary\ngroup: nobody\n",
  });
  const answer = JSON.parse(await maestro(["adopt", root, "--json"], at.env));
  expect(answer).toMatchObject({ saved: null, circles: [expect.arrayContaining(["raw.one"])] });
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  stdin.write("y\n");
  const typed = createCommandLine(at.deps, { stdin });
  const output = await typed(["adopt", root], at.env);
  expect(output).toContain("! raw.four  cannot be saved: there is no group nobody");
  expect(output).toMatch(/read each other in a circle and are left out: raw\.(one|two) → /);
  const names = (JSON.parse(await maestro(["tables", "list", "--json"], at.env)) as TableListItem[])
    .map(({ name }) => name)
    .filter((name) => name.startsWith("raw."));
  expect(names).toEqual(["raw.three"]);
  // Again, after an end in the middle say: what is there is as it is.
  expect(await maestro(["adopt", root], at.env)).toContain("1 as they are");
});
