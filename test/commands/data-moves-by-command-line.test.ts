import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { gunzipSync } from "node:zlib";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databases } from "../../drizzle/schema/tables.ts";
import { auditLog } from "../../drizzle/schema/users.ts";
import { type Engine, startEngine } from "../../server/daemon/engine.ts";
import { type Room, startRoom } from "../../server/daemon/room.ts";
import { getTable } from "../../server/services/catalog/get-table.ts";
import { updateTable } from "../../server/services/catalog/save-table.ts";
import type { TableExtract } from "../../shared/table.ts";
import type { TransferView } from "../../shared/transfer.ts";
import { startTestServer, type TestServer } from "../api/support.ts";
import { createSourceDatabase, type SourceDatabase } from "../connectors/support.ts";
import { openLocalDeps } from "../flows/local-deps.ts";
import { createCommandLine, type RunCommandLine } from "./support.ts";

let opened: Awaited<ReturnType<typeof openLocalDeps>>;
let source: SourceDatabase;
let server: TestServer;
let engine: Engine;
let room: Room;
let maestro: RunCommandLine;
let token: string;
let directory: string;

beforeAll(async () => {
  [opened, source] = await Promise.all([openLocalDeps(), createSourceDatabase()]);
  directory = await mkdtemp(join(tmpdir(), "maestro-test-download-"));
  server = await startTestServer(opened.deps);
  engine = startEngine(opened.deps);
  room = startRoom(opened.deps, { concurrency: 2, drainSeconds: 0 });
  maestro = createCommandLine(opened.deps);
  token = (await maestro(["token"], {})).trim();
  await source.query(`create table orders (id bigint primary key, note text);
    insert into orders select i, 'order ' || i from generate_series(1, 5000) i`);
});

afterAll(async () => {
  await engine.stop();
  await room.stop();
  await server.close();
  await opened.close();
  await source.drop();
  await rm(directory, { recursive: true, force: true });
});

const environment = () => ({ MAESTRO_URL: server.url, MAESTRO_TOKEN: token });
const run = (...args: string[]) => maestro(args, environment());
const sourceUrl = () => {
  const { host, port, database, username } = source.address;
  return `postgresql://${username}@${host}:${port}/${database}`;
};

test("a database is added after its test, with the password from where no history keeps it", async () => {
  const { password } = source.address;
  const url = sourceUrl();
  await expect(run("databases", "add", "shop", url.replace("@", ":secret@"))).rejects.toThrow(
    /the URL has a password, which your shell's history would keep/,
  );
  await expect(run("databases", "add", "shop", url)).rejects.toThrow(
    /shop does not work: .* asks for the password of \w+, and none is given/,
  );
  const withPassword = { ...environment(), MAESTRO_DATABASE_PASSWORD: password };
  await expect(
    maestro(["databases", "add", "shop", `${url}_absent`], withPassword),
  ).rejects.toThrow(/shop does not work: .*has no database named/);
  const options = ["--import-dataset", "raw", "--rate", "20MB", "--transfers-at-once", "2"];
  const added = await maestro(["databases", "add", "shop", url, ...options], withPassword);
  expect(added).toContain("shop is added");
  const [saved] = await opened.deps.db.select().from(databases);
  expect(saved).toMatchObject({
    importDataset: "raw",
    bytesPerSecond: 20_000_000,
    concurrentTransfers: 2,
  });
  expect(saved!.password).not.toBeNull();
  expect(await run("databases", "list")).toMatch(
    /shop +postgres +\S+ +prefer +yes +no +2 +19\.1 MiB\/s/,
  );
  expect(await run("databases", "test", "shop")).toMatch(/✓ .* may read all 1 tables/);
  expect(await run("databases", "show", "shop", "--json")).not.toMatch(/password|tlsKey/);
  await expect(run("databases", "test", "shoop")).rejects.toThrow(
    "there is no database shoop; there are: shop",
  );
});

test("a password is typed at the prompt, or read from standard input, and not shown", async () => {
  const typed = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const stderr = new PassThrough();
  const atTerminal = createCommandLine(opened.deps, { stdin: typed, stderr });
  typed.write("swordfisj\u007fh\r");
  const url = sourceUrl();
  await atTerminal(["databases", "add", "typed", url, "--no-test"], environment());
  expect(String(stderr.read())).toMatch(/^Password of \w+: \n$/);
  const piped = new PassThrough();
  piped.end("from a file\n");
  const fromPipe = createCommandLine(opened.deps, { stdin: piped });
  const args = ["databases", "add", "piped", url, "--no-test", "--password-stdin"];
  await fromPipe(args, environment());
  const rows = await opened.deps.db.select().from(databases);
  const passwords = rows.map(({ id, name, password }) => [
    name,
    password && opened.deps.secretBox.open(password, `databases/${id}/password`),
  ]);
  expect(Object.fromEntries(passwords)).toMatchObject({ typed: "swordfish", piped: "from a file" });
  await run("databases", "edit", "typed", "--no-password", "--no-test", "--may-export");
  const [edited] = await opened.deps.db.select().from(databases).where(eq(databases.name, "typed"));
  expect(edited).toMatchObject({ password: null, mayExport: true, mayImport: true });
  const move = ["databases", "edit", "typed", "--no-test", "--database"];
  await run(...move, "moved", "--same-data");
  await run(...move, "another");
  const changes = await opened.deps.db.select().from(auditLog).orderBy(auditLog.id);
  const forgotten = changes.slice(-2).map(({ detail }) => detail);
  expect(forgotten).toMatchObject([{ watermarksForgotten: false }, { watermarksForgotten: true }]);
  await run("databases", "remove", "typed");
  expect(await run("databases", "remove", "piped")).toBe("piped is removed\n");
});

test("a table of any name is imported by the name that the browser shows", async () => {
  await source.query('create schema "Odd S"');
  await source.query('create table "Odd S"."a""b c" (id int)');
  expect(await run("databases", "browse", "shop", "--search", "odd")).toMatch(
    /^"Odd S"\."a""b c" /m,
  );
  expect(await run("databases", "import", "shop", '"Odd S"."a""b c"')).toBe(
    '✓ raw.a_b_c  imports "Odd S"."a""b c", all rows each time\n',
  );
  expect(await run("import", "raw.a_b_c")).toMatch(/0 rows\nrun \d+ succeeded/);
});

test("a source is browsed, made a table, imported, and imported anew", async () => {
  expect(await run("databases", "browse", "shop")).toMatch(
    /public\.orders +\S+ +id +id bigint, note text/,
  );
  await expect(run("databases", "import", "shop", "public.order")).rejects.toThrow(
    /no table public\.order that .*there are public\.orders/,
  );
  expect(await run("databases", "import", "shop", "public.orders")).toBe(
    "✓ raw.orders  imports public.orders, what is new by id\n",
  );
  expect(await run("import", "raw.orders")).toMatch(/✓ raw\.orders .*5000 rows\nrun \d+ succeeded/);
  await source.query("insert into orders values (5001, 'new')");
  const increment = JSON.parse(await run("import", "raw.orders", "--json"));
  expect(increment).toMatchObject({ state: "succeeded" });
  expect(await run("import", "raw.orders", "--reimport")).toMatch(/5001 rows/);
  const listed = JSON.parse(
    await run("transfers", "list", "--table", "raw.orders", "--database", "shop", "--json"),
  ) as TransferView[];
  expect(listed.map(({ rows, state }) => [rows, state])).toEqual([
    [5001, "succeeded"],
    [1, "succeeded"],
    [5000, "succeeded"],
  ]);
  const shown = await run("transfers", "show", String(listed[0]!.id));
  expect(shown).toMatch(/import of raw\.orders from shop, succeeded/);
  expect(shown).toMatch(/select .*from "public"\."orders"/is);
  await expect(run("transfers", "list", "--state", "done")).rejects.toThrow(/--state is one of/);
  await expect(run("databases", "remove", "shop")).rejects.toThrow(
    /shop is the source of raw\.a_b_c, raw\.orders/,
  );
});

test("Ctrl-C detaches from a run, which goes on and can be cancelled", async () => {
  await source.query("begin; create table slow (id int); insert into slow values (1); commit");
  await run("databases", "import", "shop", "public.slow");
  const held = await holdLock();
  let press = () => {};
  let exitCode = 0;
  const atTerminal = createCommandLine(opened.deps, {
    onInterrupt(act) {
      press = act;
      return () => undefined;
    },
    setExitCode(code) {
      exitCode = code;
    },
  });
  const following = atTerminal(["import", "raw.slow"], environment());
  const running = await untilRunning("raw.slow");
  press();
  const output = await following;
  expect(output).toMatch(/run \d+ goes on: follow it with maestro runs show \d+ --wait/);
  expect(exitCode).toBe(130);
  expect(await run("transfers", "cancel", String(running.id))).toMatch(
    /transfer \d+ is (cancelling|cancelled)/,
  );
  await held.release();
  await expect(run("transfers", "show", String(running.id), "--wait")).rejects.toThrow(
    /ended cancelled/,
  );
});

async function holdLock() {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: source.connectionString });
  await client.connect();
  await client.query("begin; lock table slow in access exclusive mode");
  return { release: () => client.end() };
}

async function untilRunning(table: string): Promise<TransferView> {
  let found: TransferView | undefined;
  await expect
    .poll(
      async () => {
        const all = JSON.parse(await run("transfers", "list", "--json")) as TransferView[];
        found = all.find(({ tableName, state }) => tableName === table && state === "running");
        return found !== undefined;
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  return found!;
}

test("an extract is downloaded whole, from where an earlier try left off", async () => {
  const { deps } = opened;
  await expect(run("extract", "raw.orders")).rejects.toThrow(
    "raw.orders has no extract: switch its extract on in its definition, and run it",
  );
  const actor = { userId: opened.adminUserId, name: "admin@example.com" };
  const { id } = JSON.parse(await run("tables", "show", "raw.orders", "--json")) as { id: number };
  const principal = { kind: "session", user: { isAdmin: true, groups: [] } } as never;
  const { definition, version } = await getTable(deps, id, principal);
  await updateTable(deps, { id, version, definition: { ...definition, extract: true } }, actor);
  await run("import", "raw.orders", "--reimport");
  const extract = JSON.parse(await run("extract", "raw.orders", "--json")) as TableExtract;
  const [file] = extract.files;
  const url = (await run("extract", "raw.orders")).split("\n").at(-2)!;
  const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
  const name = file!.name.split("/").at(-1)!;
  // What an earlier try left, and what is left of another extract.
  await writeFile(join(directory, `${name}.${extract.tableRunId}.part`), whole.subarray(0, 100));
  await writeFile(join(directory, `${name}.1.part`), "old");
  const output = await run("extract", "raw.orders", "--download", directory);
  expect(output).toContain(join(directory, name));
  expect(await readdir(directory)).toEqual([name, `${name}.1.part`].sort());
  const stored = await readFile(join(directory, name));
  expect(stored.equals(whole)).toBe(true);
  expect(gunzipSync(stored).toString().trim().split("\n")).toHaveLength(5002);
});

test("a table without an export or a sheet says what to do", async () => {
  await expect(run("export", "raw.orders")).rejects.toThrow(
    "raw.orders has no export: choose a database in its definition first",
  );
  await opened.deps.db
    .update(databases)
    .set({ mayImport: false })
    .where(eq(databases.name, "shop"));
  await expect(run("import", "raw.orders")).rejects.toThrow(/ended failed/);
});
