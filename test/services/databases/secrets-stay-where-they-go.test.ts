import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databases } from "../../../drizzle/schema/tables.ts";
import { auditLog } from "../../../drizzle/schema/users.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import { databaseAddress } from "../../../server/services/databases/database-address.ts";
import { listDatabases } from "../../../server/services/databases/list-databases.ts";
import { testDatabase } from "../../../server/services/databases/test-database.ts";
import { updateDatabase } from "../../../server/services/databases/update-database.ts";
import type { DatabaseInputBefore } from "../../../shared/database.ts";
import { createAuthority } from "../../support/certificates.ts";
import { actor, openTransferDeps } from "../transfers/support.ts";

const authority = createAuthority("authority");
const client = authority.issue("maestro", "DNS:client");
const other = authority.issue("other", "DNS:other");

let opened: Awaited<ReturnType<typeof openTransferDeps>>;
beforeAll(async () => {
  opened = await openTransferDeps();
});
afterAll(() => opened.close());

let made = 0;
/** A saved database, and its input without the secrets. */
async function saved(input: Partial<DatabaseInputBefore> = {}) {
  made += 1;
  const open: DatabaseInputBefore = {
    name: `database ${made}`,
    kind: "postgres",
    host: "127.0.0.1",
    port: 1,
    database: "d",
    username: "u",
    tlsMode: "verify-full",
    tlsCa: authority.certificate,
    ...input,
  };
  const { password: _password, tlsKey: _key, ...rest } = open;
  const { id } = await createDatabase(opened.deps, { ...open, password: "p4ss" }, actor);
  return { id, ...rest };
}

const rowOf = async (id: number) =>
  (await opened.deps.db.select().from(databases).where(eq(databases.id, id)))[0]!;

test.each<[string, Partial<DatabaseInputBefore>]>([
  ["another host", { host: "evil.example" }],
  ["another port", { port: 2 }],
  ["another kind", { kind: "mysql", host: "db.example" }],
  ["no encryption", { tlsMode: "disable", tlsCa: null }],
  ["encryption with whoever answers", { tlsMode: "require", tlsCa: null }],
  ["no look at the host's name", { tlsMode: "verify-ca" }],
  ["another authority", { tlsCa: createAuthority("evil").certificate }],
])("a stored password does not go to %s, neither by an edit nor by its test", async (_, change) => {
  const { deps } = opened;
  const database = await saved();
  const refusal = { code: "invalidInput", field: "password" };
  const edit = { ...database, ...change };
  await expect(updateDatabase(deps, edit, actor)).rejects.toMatchObject(refusal);
  await expect(testDatabase(deps, edit)).rejects.toMatchObject(refusal);
  expect(await rowOf(database.id)).toMatchObject({ host: "127.0.0.1", tlsMode: "verify-full" });
  await updateDatabase(deps, { ...edit, password: "known to me" }, actor);
  expect(databaseAddress(deps, await rowOf(database.id)).password).toBe("known to me");
});

test("an edit that hides the password as well keeps it, also for its test", async () => {
  const { deps } = opened;
  const database = await saved({ tlsMode: "prefer", tlsCa: null });
  const stronger = { ...database, tlsMode: "require" as const, name: "stronger" };
  expect(await testDatabase(deps, stronger)).toMatchObject({
    ok: false,
    message: expect.stringContaining("nothing listens at 127.0.0.1:1"),
  });
  await updateDatabase(deps, stronger, actor);
  expect(databaseAddress(deps, await rowOf(database.id)).password).toBe("p4ss");
});

test("a client key is stored sealed, never shown, kept by an edit and gone with its certificate", async () => {
  const { deps } = opened;
  const shown = { tlsCertificate: client.certificate, tlsKey: client.key };
  const database = await saved(shown);
  const secret = client.key.split("\n")[1]!;
  const stored = await rowOf(database.id);
  expect(stored.tlsKey!.includes(secret)).toBe(false);
  expect(JSON.stringify(await listDatabases(deps))).not.toContain(secret);
  expect(JSON.stringify(await deps.db.select().from(auditLog))).not.toContain(secret);
  await updateDatabase(deps, { ...database, name: "renamed" }, actor);
  expect(databaseAddress(deps, await rowOf(database.id)).tls.key).toBe(client.key);
  await expect(
    updateDatabase(deps, { ...database, host: "evil.example", password: "p" }, actor),
  ).rejects.toMatchObject({ field: "tlsKey", message: /enter the client key again/ });
  await updateDatabase(deps, { ...database, tlsCertificate: null }, actor);
  expect((await rowOf(database.id)).tlsKey).toBeNull();
});

test.each<[Partial<DatabaseInputBefore>, string, RegExp]>([
  [{ tlsCa: "/etc/ssl/ca.pem" }, "tlsCa", /this is no PEM: paste all from -----BEGIN CERTIFICATE/],
  [{ tlsCa: client.key }, "tlsCa", /this is a key, no certificate/],
  [{ tlsCa: client.certificate.slice(0, 200) }, "tlsCa", /this is no PEM/],
  [
    { tlsCa: authority.certificate.replace(/\n.{20}/, "\nAAAA") },
    "tlsCa",
    /the certificate cannot be read: paste the whole PEM/,
  ],
  [{ tlsCertificate: client.certificate }, "tlsKey", /a client certificate needs its key/],
  [{ tlsKey: client.key }, "tlsCertificate", /a client key needs its certificate/],
  [
    { tlsCertificate: client.certificate, tlsKey: other.key },
    "tlsKey",
    /not the one of the client certificate/,
  ],
  [
    { tlsCertificate: client.certificate, tlsKey: other.certificate },
    "tlsKey",
    /this is a certificate, no key/,
  ],
  [
    {
      tlsCertificate: client.certificate,
      tlsKey: client.key.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
    },
    "tlsKey",
    /encrypted with a passphrase: paste it decrypted/,
  ],
  [{ tlsMode: "require" }, "tlsMode", /verifies nobody, so the authority has no use/],
  [
    { tlsMode: "disable", tlsCa: null, tlsCertificate: client.certificate, tlsKey: client.key },
    "tlsMode",
    /shown over TLS alone/,
  ],
  [{ kind: "mysql" }, "host", /verify-full needs the host's name/],
])(
  "TLS settings that cannot work are refused at their field: %#",
  async (change, field, message) => {
    const refusal = { code: "invalidInput", field, message: expect.stringMatching(message) };
    await expect(saved(change)).rejects.toMatchObject(refusal);
    await expect(saved(change)).rejects.not.toThrow(client.key.split("\n")[1]!);
  },
);

test("a database is made without a password, for servers that ask for none", async () => {
  const { deps } = opened;
  const input = { name: "open", kind: "mysql" as const, host: "h", port: 1, database: "d" };
  const { id } = await createDatabase(deps, { ...input, username: "u" }, actor);
  expect(await rowOf(id)).toMatchObject({ password: null, tlsKey: null });
});
