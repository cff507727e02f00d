import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { createAuthority } from "../support/certificates.ts";
import { createMysqlDatabase, type MysqlDatabase, openMysql } from "./mysql-support.ts";

let directory: string;
let source: MysqlDatabase;
const authority = createAuthority("Tests");
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "maestro-test-tls-"));
  await chmod(directory, 0o755);
  const file = async (name: string, content: string) => {
    await writeFile(join(directory, name), content, { mode: 0o644 });
    return join(directory, name);
  };
  const issued = authority.issue("localhost", "DNS:localhost");
  source = await createMysqlDatabase([
    `--ssl-ca=${await file("ca.pem", authority.certificate)}`,
    `--ssl-cert=${await file("server.pem", issued.certificate)}`,
    `--ssl-key=${await file("server.key", issued.key)}`,
  ]);
  await source.query(
    "create table many as select seq as id, repeat(md5(seq), 5) as text from seq_1_to_30000",
  );
});
afterAll(async () => {
  await source.drop();
  await rm(directory, { recursive: true, force: true });
});

const withMode = (mode: "disable" | "verify-full"): DatabaseAddress => ({
  ...source.address,
  host: "localhost",
  tls: { mode, ca: authority.certificate, certificate: null, key: null },
});

async function readAll(address: DatabaseAddress) {
  const connection = await openMysql(address);
  try {
    await connection.begin();
    const { columns } = await connection.describe("select * from many order by id");
    const rows = await text(connection.rows("select * from many order by id", columns));
    const after = await connection.describe(
      "select variable_value as cipher from information_schema.session_status where variable_name = 'Ssl_cipher'",
    );
    return { rows, after: after.columns.length };
  } finally {
    await connection.close();
  }
}

test("the same rows arrive encrypted and plain, and the connection goes on after them", async () => {
  const plain = await readAll(withMode("disable"));
  expect(plain.rows.split("\n")).toHaveLength(30_001);
  const encrypted = await readAll(withMode("verify-full"));
  expect(encrypted.rows === plain.rows).toBe(true);
  expect(encrypted.after).toBe(1);
});

test("a server that is killed in the middle is a passing fault, encrypted too", async () => {
  const connection = await openMysql(withMode("verify-full"));
  await connection.begin();
  const slow = "select a.id, a.text from many a, many b";
  const { columns } = await connection.describe(slow);
  const stream = connection.rows(slow, columns);
  const reading = pipeline(
    stream,
    new Writable({ write: (_chunk, _encoding, done) => done() }),
  ).catch((error: unknown) => connection.describeFault(error));
  await once(stream, "data");
  process.kill(source.server.processId, "SIGKILL");
  expect(await reading).toMatchObject({ code: "database", retryable: true });
  expect(stream.sourceRows).toBe(null);
  await connection.close();
});
