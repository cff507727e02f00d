import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readProject } from "../../server/commands/adopt-project.ts";
import { pythonWith, runProgram } from "../support/python.ts";
import { projectId, startTestCloud } from "./support/local-cloud.ts";

const versions = ["dbt-core==1.10.13", "dbt-bigquery==1.10.2"];

const profile = (url: string) => `shop:
  target: local
  outputs:
    local:
      type: bigquery
      method: oauth-secrets
      token: local
      project: ${projectId}
      dataset: shop
      location: US
      threads: 2
      job_retries: 0
      api_endpoint: ${url}
`;

test("dbt seeds, builds, tests and snapshots a project, and builds it again", async () => {
  const programs = await pythonWith("dbt-bigquery-1.10.2", versions);
  const cloud = await startTestCloud();
  const folder = await mkdtemp(join(tmpdir(), "maestro-test-dbt-"));
  try {
    await cp(fileURLToPath(new URL("dbt", import.meta.url)), folder, { recursive: true });
    await writeFile(join(folder, "profiles.yml"), profile(cloud.url));
    const env = { ...process.env, DBT_SEND_ANONYMOUS_USAGE_STATS: "false" } as Record<
      string,
      string
    >;
    const script = fileURLToPath(new URL("python/dbt_commands.py", import.meta.url));
    const dbt = (...commands: string[][]) =>
      runProgram(join(programs, "python"), [script, JSON.stringify(commands)], {
        cwd: folder,
        env,
      });
    expect(await dbt(["build"])).toContain("PASS=12 WARN=0 ERROR=0 SKIP=0");
    const country = "UPDATE shop.customers SET country = 'US' WHERE id = 1";
    await cloud.bigquery.query(country);
    const again = await dbt(["snapshot"], ["run", "--vars", "{run: 2}"], ["docs", "generate"]);
    expect(again).toContain("PASS=1 WARN=0 ERROR=0");
    expect(again).toContain("PASS=4 WARN=0 ERROR=0");
    expect(again).not.toContain("Encountered an error");

    const [days] = await cloud.bigquery.query(
      "SELECT CAST(day AS STRING) AS day, orders, CAST(total AS STRING) AS total, made_by_run FROM shop.daily_sales ORDER BY day",
    );
    expect(days).toEqual([
      { day: "2024-05-01", orders: 1, total: "12.5", made_by_run: 1 },
      { day: "2024-05-02", orders: 2, total: "107.25", made_by_run: 1 },
      { day: "2024-05-03", orders: 1, total: "0.99", made_by_run: 2 },
    ]);
    const [history] = await cloud.bigquery.query(
      "SELECT country, dbt_valid_to IS NULL AS is_current FROM shop.customers_history WHERE id = 1 ORDER BY dbt_valid_from",
    );
    expect(history).toEqual([
      { country: "GB", is_current: false },
      { country: "US", is_current: true },
    ]);
    const [table] = await cloud.bigquery.dataset("shop").table("customer_totals").getMetadata();
    expect(table).toMatchObject({
      description: "What each customer bought.",
      labels: { kind: "mart" },
      clustering: { fields: ["country"] },
    });
    expect(table.schema.fields[0].description).toBe("The customer.");

    const project = await readProject(folder);
    expect(project.tables.map(({ file }) => file.name).sort()).toEqual([
      "customer_totals",
      "customers",
      "daily_partitions",
      "orders",
      "recent_orders",
    ]);
    expect(project.left.map(({ path }) => path).sort()).toEqual([
      "models/daily_sales.sql",
      "snapshots/customers_history.sql",
    ]);
  } finally {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 600_000);
