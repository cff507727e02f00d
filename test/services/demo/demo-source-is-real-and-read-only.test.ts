import pg from "pg";
import { afterAll, expect, inject, test } from "vitest";
import { createDemoSource, demoDatabase } from "../../../server/connectors/demo-source.ts";
import { browsePostgres } from "../../../server/connectors/postgres-browse.ts";

afterAll(async () => {
  const client = new pg.Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  await client.query(`drop database if exists ${demoDatabase} with (force)`);
  await client.query("drop role if exists maestro_demo_reader");
  await client.end();
});

test("the demo source holds real flights, is made once, and its role may only read", async () => {
  const seen: string[] = [];
  const onTable = async (name: string) => {
    seen.push(name);
  };
  const first = await createDemoSource(inject("postgresUrl"), onTable);
  expect(seen).toEqual(["airports", "daily_weather", "bird_strikes", "flights"]);
  const address = await createDemoSource(inject("postgresUrl"), onTable);
  expect(address.password).not.toBe(first.password);
  const { tables } = await browsePostgres(address, { search: "", limit: 100, offset: 0 });
  const rows = Object.fromEntries(tables.map((table) => [table.name, table.approximateRows]));
  expect(rows["flights"]).toBeGreaterThan(200_000);
  expect(rows).toMatchObject({ airports: 3376, daily_weather: 2922, bird_strikes: 10_000 });
  const client = new pg.Client({ ...address, user: address.username });
  await client.connect();
  await client.query("set default_transaction_read_only = off");
  await expect(client.query("delete from operations.flights")).rejects.toThrow(/permission denied/);
  await expect(client.query("create table operations.x (a int)")).rejects.toThrow(
    /permission denied/,
  );
  await client.end();
});
