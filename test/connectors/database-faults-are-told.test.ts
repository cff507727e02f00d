import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { checkMysql } from "../../server/connectors/mysql-check.ts";
import { checkPostgres } from "../../server/connectors/postgres-check.ts";
import { type MariaDb, startMariaDb } from "../support/mariadb.ts";
import { createSourceDatabase, type SourceDatabase } from "./support.ts";

let mariaDb: MariaDb;
let postgres: SourceDatabase;
beforeAll(async () => {
  [mariaDb, postgres] = await Promise.all([startMariaDb(), createSourceDatabase()]);
});
afterAll(async () => {
  await Promise.all([mariaDb.stop(), postgres.drop()]);
});

test("a connection that works tells the server's version", async () => {
  expect((await checkMysql(mariaDb.address)).version).toMatch(/^MariaDB \d+\.\d+/);
  expect((await checkPostgres(postgres.address)).version).toMatch(/^PostgreSQL \d+/);
});

const faults: [what: string, change: Partial<DatabaseAddress>, mysql: RegExp, pg: RegExp][] = [
  ["password", { password: "wrong" }, /refuses the user maestro/, /refuses the user/],
  ["database", { database: "nope" }, /has no database named nope/, /has no database named nope/],
  ["port", { port: 1 }, /nothing listens at .*:1: check/, /nothing listens at .*:1: check/],
  ["host", { host: "nowhere.invalid" }, /nowhere\.invalid/, /nowhere\.invalid/],
  [
    "missing encryption",
    { tls: { mode: "require", ca: null, certificate: null, key: null } },
    /offers no encryption: turn TLS on/,
    /offers no encryption: turn TLS on/,
  ],
];

test.each(faults)("a wrong %s is told in a sentence", async (_what, change, mysql, pg) => {
  await expect(checkMysql({ ...mariaDb.address, ...change })).rejects.toThrow(mysql);
  // The tests' PostgreSQL trusts everybody.
  if (change.password !== undefined) return;
  await expect(checkPostgres({ ...postgres.address, ...change })).rejects.toThrow(pg);
});
