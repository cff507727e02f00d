import { chmod, chown, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mysql from "mysql2/promise";
import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEmbeddedPostgres } from "../../../server/embedded/postgres.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import { testDatabase } from "../../../server/services/databases/test-database.ts";
import type { DatabaseInputBefore, DatabaseTest } from "../../../shared/database.ts";
import { addressOf } from "../../connectors/support.ts";
import { type Certificate, createAuthority } from "../../support/certificates.ts";
import { type MariaDb, startMariaDb } from "../../support/mariadb.ts";
import { actor, openTransferDeps } from "../transfers/support.ts";

const authority = createAuthority("authority of the tests");
const stranger = createAuthority("a stranger");
const clientOf = authority.issue("maestro", "DNS:client");
const certificates = {
  good: authority.issue("localhost", "DNS:localhost"),
  "for another host": authority.issue("other", "DNS:db.example"),
  expired: authority.issue("localhost", "DNS:localhost", -1),
};
const ca = authority.certificate;

let opened: Awaited<ReturnType<typeof openTransferDeps>>;
let directory: string;
let server: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
let admin: pg.Client;
let mariaDb: MariaDb;
/** Inputs that reach each server as `localhost`, without TLS fields. */
let postgres: DatabaseInputBefore;
let maria: DatabaseInputBefore;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "maestro-test-tls-"));
  await chmod(directory, 0o755);
  const file = async (name: string, text: string) => {
    await writeFile(join(directory, name), text, { mode: 0o644 });
    return join(directory, name);
  };
  [opened, server, mariaDb] = await Promise.all([
    openTransferDeps(),
    startEmbeddedPostgres({ directory, log: pino({ level: "silent" }), settings: ["fsync=off"] }),
    startMariaDb([
      `--ssl-ca=${await file("ca.pem", ca)}`,
      `--ssl-cert=${await file("maria.pem", certificates.good.certificate)}`,
      `--ssl-key=${await file("maria.key", certificates.good.key)}`,
    ]),
  ]);
  admin = new pg.Client({ connectionString: server.connectionString("postgres") });
  await admin.connect();
  await admin.query("create role reader login password 'of the reader'");
  postgres = {
    ...addressOf(server.connectionString("postgres")),
    name: "postgres",
    host: "localhost",
  };
  maria = { ...mariaDb.address, name: "maria", host: "localhost" };
});

afterAll(async () => {
  await admin.end();
  await Promise.all([server.stop(), mariaDb.stop(), opened.close()]);
  await rm(directory, { recursive: true, force: true });
});

/** The server reads its files anew for the connections to come. */
async function serveWith({ certificate, key }: Certificate): Promise<void> {
  await writeServerFile("server.crt", certificate);
  await writeServerFile("server.key", key);
  await writeServerFile("ca.crt", ca);
  for (const [name, value] of [
    ["ssl_cert_file", "server.crt"],
    ["ssl_key_file", "server.key"],
    ["ssl_ca_file", "ca.crt"],
    ["ssl", "on"],
  ]) {
    await admin.query(`alter system set ${name} = '${value}'`);
  }
  await reload();
}

/** As the server wants a key: its own, and nobody else's to read. */
async function writeServerFile(name: string, text: string): Promise<void> {
  const directory = await setting("data_directory");
  const { uid, gid } = await stat(directory);
  const path = join(directory, name);
  await writeFile(path, `${text}\n`, { mode: 0o600 });
  if (process.getuid?.() === 0) await chown(path, uid, gid);
}

async function setting(name: string): Promise<string> {
  const { rows } = await admin.query("select current_setting($1) as value", [name]);
  return rows[0].value;
}

/** New connections see it once the postmaster has read its files: a new backend tells. */
async function reload(): Promise<void> {
  const { rows } = await admin.query("select pg_conf_load_time() as at");
  await admin.query("select pg_reload_conf()");
  await expect
    .poll(async () => {
      const fresh = new pg.Client({ connectionString: server.connectionString("postgres") });
      await fresh.connect();
      const answer = await fresh.query("select pg_conf_load_time() as at");
      await fresh.end();
      return answer.rows[0].at > rows[0].at;
    })
    .toBe(true);
}

const check = (base: DatabaseInputBefore, change: Partial<DatabaseInputBefore> = {}) =>
  testDatabase(opened.deps, { ...base, ...change });

function failure(result: DatabaseTest): { at: string | undefined; message: string } {
  if (result.ok) throw new Error(`it is well: ${JSON.stringify(result)}`);
  return { at: result.checks.at(-1)?.name, message: result.message };
}

describe("PostgreSQL with TLS", () => {
  test("a verified connection tells its version, its protocol and what the user may do", async () => {
    await serveWith(certificates.good);
    await admin.query("create table orders (id int)");
    const result = await check(postgres, { tlsMode: "verify-full", tlsCa: ca, mayExport: true });
    expect(result).toMatchObject({
      ok: true,
      version: expect.stringMatching(/^PostgreSQL \d+/),
      encryption: expect.stringMatching(/^TLSv1\.[23]$/),
    });
    expect(result.checks.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "address ok",
      "encryption ok",
      "sign-in ok",
      "database ok",
      "read ok",
      "write ok",
    ]);
    expect(result.checks[1]?.text).toContain("names the host");
  });

  test("an unknown authority, another host's and an expired certificate are told apart", async () => {
    await serveWith(certificates.good);
    const verified = { tlsMode: "verify-full" as const };
    expect(failure(await check(postgres, verified))).toEqual({
      at: "encryption",
      message: expect.stringContaining("not signed by the system's authorities: paste the PEM"),
    });
    expect(failure(await check(postgres, { ...verified, tlsCa: stranger.certificate }))).toEqual({
      at: "encryption",
      message: expect.stringContaining("not signed by the authority given"),
    });
    await serveWith(certificates["for another host"]);
    expect(failure(await check(postgres, { ...verified, tlsCa: ca }))).toEqual({
      at: "encryption",
      message: expect.stringMatching(/is for another host \(it names db\.example\)/),
    });
    expect((await check(postgres, { tlsMode: "verify-ca", tlsCa: ca })).ok).toBe(true);
    await serveWith(certificates.expired);
    expect(failure(await check(postgres, { ...verified, tlsCa: ca }))).toEqual({
      at: "encryption",
      message: expect.stringContaining("has expired: renew it"),
    });
    await serveWith(certificates.good);
  });

  test("a user without rights is told which, and how to get them", async () => {
    await admin.query("revoke create on schema public from public");
    const reader = { username: "reader", password: "of the reader" };
    expect(failure(await check(postgres, reader))).toEqual({
      at: "read",
      message: "reader may read none of 1 tables: grant select on … to reader",
    });
    await admin.query("grant select on orders to reader");
    expect((await check(postgres, reader)).ok).toBe(true);
    expect(failure(await check(postgres, { ...reader, mayExport: true }))).toEqual({
      at: "write",
      message: expect.stringContaining("reader may make tables in no schema: grant create"),
    });
    expect(failure(await check(postgres, { ...reader, password: "wrong" }))).toEqual({
      at: "sign-in",
      message: expect.stringMatching(/refuses the user reader/),
    });
    expect(failure(await check(postgres, { database: "absent" })).at).toBe("database");
  });

  test("a client certificate is shown where the server asks for one", async () => {
    await admin.query("create role maestro_client login");
    await writeServerFile(
      "pg_hba.conf",
      "hostssl all maestro_client all cert map=m\nhost all all all scram-sha-256",
    );
    await writeServerFile("pg_ident.conf", "m maestro maestro_client");
    await reload();
    const input = {
      username: "maestro_client",
      password: undefined,
      tlsMode: "verify-full" as const,
      tlsCa: ca,
    };
    expect(failure(await check(postgres, input)).at).toBe("sign-in");
    const shown = { tlsCertificate: clientOf.certificate, tlsKey: clientOf.key };
    expect(await check(postgres, { ...input, ...shown, mayImport: false })).toMatchObject({
      ok: true,
    });
    const { id } = await createDatabase(
      opened.deps,
      { ...postgres, ...input, ...shown, mayImport: false },
      actor,
    );
    expect(await testDatabase(opened.deps, { id })).toMatchObject({ ok: true });
  });
});

describe("MariaDB with TLS", () => {
  test("a verified connection tells its version and its protocol", async () => {
    const result = await check(maria, { tlsMode: "verify-full", tlsCa: ca, mayExport: true });
    expect(result).toMatchObject({
      ok: true,
      version: expect.stringMatching(/^MariaDB \d+/),
      encryption: expect.stringMatching(/^TLSv1\.[23]$/),
    });
    expect(result.checks.find(({ name }) => name === "read")?.state).toBe("warning");
    const plain = await check(maria, { tlsMode: "disable" });
    expect(plain).toMatchObject({ ok: true, encryption: null });
    expect(plain.checks).toContainEqual({
      name: "encryption",
      state: "warning",
      text: "the connection is not encrypted",
    });
  });

  test("an unknown authority and a wrong host are told apart", async () => {
    const verified = { tlsMode: "verify-full" as const };
    expect(failure(await check(maria, verified))).toEqual({
      at: "encryption",
      message: expect.stringContaining("not signed by the system's authorities"),
    });
    const mismatched = await startMariaDb(await settingsOf("for another host"));
    const expired = await startMariaDb(await settingsOf("expired"));
    try {
      const other = { port: mismatched.address.port, ...verified, tlsCa: ca };
      expect(failure(await check(maria, other))).toEqual({
        at: "encryption",
        message: expect.stringMatching(/is for another host \(it names db\.example\)/),
      });
      expect((await check(maria, { ...other, tlsMode: "verify-ca" })).ok).toBe(true);
      expect(failure(await check(maria, { ...other, port: expired.address.port }))).toEqual({
        at: "encryption",
        message: expect.stringContaining("has expired"),
      });
    } finally {
      await Promise.all([mismatched.stop(), expired.stop()]);
    }
  });

  test("a user without rights is told which, and how to get them", async () => {
    const { address } = mariaDb;
    const root = await mysql.createConnection({
      host: address.host,
      port: address.port,
      user: address.username,
      password: address.password,
    });
    await root.query("create table test.orders (id int)");
    await root.query("create user reader@'%' identified by 'of the reader'");
    await root.query("grant select on test.* to reader@'%'");
    const reader = { username: "reader", password: "of the reader" };
    expect((await check(maria, reader)).ok).toBe(true);
    expect(failure(await check(maria, { ...reader, mayExport: true }))).toEqual({
      at: "write",
      message: expect.stringMatching(/reader lacks CREATE, INSERT, ALTER, DROP on test: grant/),
    });
    await root.query("grant create, insert, alter, drop on `te%`.* to reader@'%'");
    expect((await check(maria, { ...reader, mayExport: true })).ok).toBe(true);
    expect(failure(await check(maria, { ...reader, password: "wrong" })).at).toBe("sign-in");
    expect(failure(await check(maria, { ...reader, database: "hidden" })).at).toBe("database");
    await root.end();
  });
});

async function settingsOf(which: keyof typeof certificates): Promise<string[]> {
  const name = which.replaceAll(" ", "-");
  await writeFile(join(directory, `${name}.pem`), certificates[which].certificate);
  await writeFile(join(directory, `${name}.key`), certificates[which].key, { mode: 0o644 });
  return [
    `--ssl-cert=${join(directory, `${name}.pem`)}`,
    `--ssl-key=${join(directory, `${name}.key`)}`,
  ];
}
