import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { databases } from "../../../drizzle/schema/tables.ts";
import { users } from "../../../drizzle/schema/users.ts";
import { createChanges } from "../../../server/db/changes.ts";
import { createDbClient, type DbClient } from "../../../server/db/client.ts";
import { authenticateRequest } from "../../../server/services/access/authenticate-request.ts";
import { encodeSession } from "../../../server/services/access/session-cookie.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import { databaseAddress } from "../../../server/services/databases/database-address.ts";
import { openInstance } from "../../../server/services/instance/open-instance.ts";
import { rotateSecret } from "../../../server/services/instance/rotate-secret.ts";
import { watchSecret } from "../../../server/services/instance/watch-secret.ts";
import { changeSettings } from "../../../server/services/settings/change-settings.ts";
import { readSettings } from "../../../server/services/settings/read-settings.ts";
import { createSecretBox, type SecretBox } from "../../../server/support/crypto.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { createDataDir, removeDataDir, runMaestro } from "../../support/start-maestro.ts";
import { until } from "../../support/until.ts";

const oldSecret = "the secret of before";
const newSecret = "the secret from now on";
const oldBox = createSecretBox(oldSecret);
const newBox = createSecretBox(newSecret);
const nobody = { userId: null, name: "test" };

let database: TestDatabase;
let client: DbClient;
let dataDir: string;

beforeEach(async () => {
  database = await createTestDatabase();
  const { connectionString } = database;
  client = createDbClient({ connectionString, poolSize: 4, applicationName: "test" });
  dataDir = await createDataDir();
});
afterEach(async () => {
  await client.close();
  await database.drop();
  await removeDataDir(dataDir);
});

const changes = { publish: () => undefined } as never;

function save(name: string, secretBox: SecretBox, password: string) {
  const deps = { db: client.db, changes, secretBox };
  const address = {
    kind: "postgres",
    host: "db",
    port: 5432,
    database: "shop",
    username: "shop",
  } as const;
  return createDatabase(deps, { ...address, name, password }, nobody);
}

function setClientSecret(secretBox: SecretBox, text: string) {
  const deps = { db: client.db, changes, secretBox, givenSettings: {} };
  return changeSettings(deps, nobody, { "oauth.clientSecret": text });
}

async function clientSecret(secretBox: SecretBox): Promise<string | null> {
  const deps = { db: client.db, secretBox, givenSettings: {} };
  return (await readSettings(deps, ["oauth.clientSecret"]))["oauth.clientSecret"];
}

/** Each stored password, by its database's name; throws where the box does not open one. */
async function passwords(secretBox: SecretBox): Promise<Record<string, string>> {
  const rows = await client.db.select().from(databases);
  return Object.fromEntries(
    rows.map((row) => [row.name, databaseAddress({ secretBox }, row).password]),
  );
}

const rotate = (args: string[]) =>
  runMaestro(["rotate-secret", "-db-connect", database.connectionString, ...args], { dataDir });

test("credentials are stored under the new secret, and the old one opens nothing more", async () => {
  await openInstance(client.db, oldBox);
  await save("one", oldBox, "pass of one");
  await save("two", oldBox, "");
  await setClientSecret(oldBox, "GOCSPX-of-the-client");
  expect(await rotateSecret(client.db, oldBox, newBox)).toBe(3);
  expect(await clientSecret(newBox)).toBe("GOCSPX-of-the-client");
  expect(await passwords(newBox)).toEqual({ one: "pass of one", two: "" });
  await expect(passwords(oldBox)).rejects.toMatchObject({ code: "configuration" });
  await expect(openInstance(client.db, oldBox)).rejects.toThrow(/made with.*-secretpath/);
  await openInstance(client.db, newBox);
  // Whoever runs on with the old one stores nothing that nobody could read again.
  await expect(save("three", oldBox, "lost")).rejects.toThrow(/rotated while this Maestro ran/);
  await expect(setClientSecret(oldBox, "lost")).rejects.toThrow(/rotated while this Maestro ran/);
  await save("three", newBox, "kept");
  expect(await passwords(newBox)).toMatchObject({ three: "kept" });
});

test("a server that runs on with the old secret takes no session from then on, and stops", async () => {
  await openInstance(client.db, oldBox);
  const [user] = await client.db
    .insert(users)
    .values({ email: "ann@example.com", disabled: false })
    .returning({ id: users.id });
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  const secretBox = createSecretBox(oldSecret);
  const listening = createChanges(database.connectionString, log);
  const deps = { db: client.db, changes: listening, secretBox, log };
  const stopped = Promise.withResolvers<void>();
  const watch = watchSecret(deps, stopped.resolve);
  try {
    const sessionCookie = await encodeSession({ secretBox }, user!.id);
    const ask = () => authenticateRequest(deps, { token: null, sessionCookie });
    expect((await ask()).kind).toBe("session");
    await rotateSecret(client.db, oldBox, newBox);
    await stopped.promise;
    expect(await ask()).toMatchObject({
      kind: "anonymous",
      refusal: expect.stringContaining("session has ended"),
    });
    expect(() => secretBox.seal("text", "row")).toThrow("start it again with the new one");
    expect(lines.join()).toContain("takes no session any more and stops; start it again");
  } finally {
    await watch.close();
    await listening.close();
  }
});

test("a secret that opens neither changes nothing", async () => {
  await openInstance(client.db, oldBox);
  await save("one", oldBox, "pass of one");
  const other = createSecretBox("of another installation");
  await expect(rotateSecret(client.db, other, newBox)).rejects.toThrow(/give that one/);
  expect(await passwords(oldBox)).toEqual({ one: "pass of one" });
});

test("killed in its middle it has done nothing, and is run again", async () => {
  await openInstance(client.db, oldBox);
  await save("first", oldBox, "pass of the first");
  const many = 2_000;
  await client.db.execute(
    `insert into databases (name, kind, host, port, database, username)
     select 'd' || i, 'postgres', 'h', 1, 'd', 'u' from generate_series(1, ${many}) as i`,
  );
  // No other row's bytes open them: these are sealed one by one, as a save does.
  const rows = await client.db.select({ id: databases.id, name: databases.name }).from(databases);
  const sealed = rows
    .filter(({ name }) => name !== "first")
    .map(({ id }) => ({
      id,
      hex: oldBox.seal(`p${id}`, `databases/${id}/password`).toString("hex"),
    }));
  await client.pool.query(
    "update databases set password = decode(v ->> 'hex', 'hex') from jsonb_array_elements($1) as v where id = (v ->> 'id')::bigint",
    [JSON.stringify(sealed)],
  );
  const before = await passwords(oldBox);
  const files = { old: join(dataDir, "old"), new: join(dataDir, "new") };
  await writeFile(files.old, oldSecret);
  await writeFile(files.new, newSecret);
  const args = ["-secretpath", files.old, "--new-secretpath", files.new];
  await killedWhileItSeals(args);
  expect(await passwords(oldBox)).toEqual(before);
  await openInstance(client.db, oldBox);

  const done = await rotate(args);
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toContain(`${many + 2} secrets are stored under the secret in ${files.new}`);
  expect(await passwords(newBox)).toEqual(before);
  expect((await rotate(args)).stdout).toContain("0 secrets");
});

/** Runs the command and kills it between its first update and its commit. */
async function killedWhileItSeals(args: string[]): Promise<void> {
  const main = join(import.meta.dirname, "../../../server/main.ts");
  const child: ChildProcess = spawn(
    process.execPath,
    [main, "rotate-secret", "-db-connect", database.connectionString, ...args],
    { stdio: "ignore", env: { ...process.env, MAESTRO_DATA_DIR: dataDir } },
  );
  const ended = once(child, "exit");
  await until("it updates the databases", async () => {
    const { rows } = await client.pool.query(
      "select 1 from pg_stat_activity where application_name = 'maestro rotate-secret' and query like 'update \"databases\"%'",
    );
    return rows.length > 0;
  });
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  await until("its connection is gone", async () => {
    const { rows } = await client.pool.query(
      "select 1 from pg_stat_activity where application_name = 'maestro rotate-secret'",
    );
    return rows.length === 0;
  });
}

test("the data directory's own secret is replaced, also where that was all that was left to do", async () => {
  await writeFile(join(dataDir, "secret"), oldSecret);
  await openInstance(client.db, oldBox);
  await save("one", oldBox, "pass of one");
  expect(await rotate([])).toMatchObject({ code: 0, stderr: "" });
  const made = await readFile(join(dataDir, "secret"), "utf8");
  expect(made).not.toBe(oldSecret);
  expect(await passwords(createSecretBox(made))).toEqual({ one: "pass of one" });

  // Killed after the commit, before the file took its place.
  await writeFile(join(dataDir, "secret.new"), newSecret);
  await rotateSecret(client.db, createSecretBox(made), newBox);
  expect((await rotate([])).stdout).toContain("0 secrets");
  expect(await readFile(join(dataDir, "secret"), "utf8")).toBe(newSecret);

  // Killed before: the draft is whole, and is taken.
  const draft = "d".repeat(43);
  await writeFile(join(dataDir, "secret.new.draft"), draft);
  expect(await rotate([])).toMatchObject({ code: 0, stderr: "" });
  expect(await readFile(join(dataDir, "secret"), "utf8")).toBe(draft);
});

test.each([
  [["-secret", oldSecret], "the new secret is missing"],
  [["-secret", "of another one", "--new-secretpath", "new"], "give that one"],
  [["-secret", "short"], "at least 8 characters"],
  [["-secret", newSecret, "--new-secretpath", "new"], "the new secret is the old one"],
])("%j is refused", async (args, message) => {
  await openInstance(client.db, oldBox);
  await writeFile(join(dataDir, "new"), newSecret);
  const given = args.map((arg) => (arg === "new" ? join(dataDir, "new") : arg));
  const { code, stderr } = await rotate(given);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
  await openInstance(client.db, oldBox);
});

test("no column with encrypted bytes is forgotten", async () => {
  const { rows } = await client.pool.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns
     where table_schema = 'public' and data_type = 'bytea' and column_name not like '%sha256' order by 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual([
    "databases.password",
    "databases.tls_key",
    "notification_secrets.secret",
    "settings.secret",
  ]);
});
