import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createDataDir,
  removeDataDir,
  runMaestro,
  startMaestro,
} from "../support/start-maestro.ts";
import { until } from "../support/until.ts";

/*
 * What `npm run build` makes, packed and in a folder of its own. The folder has the packages that npm
 * would install there, by links to those of this repository: to install them takes 40 s more.
 */
const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
let folder: string;
/** Where no packages are, nor in a folder above. */
let alone: string;
let dataDir: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maestro-built-"));
  alone = await mkdtemp(join(tmpdir(), "maestro-alone-"));
  dataDir = await createDataDir();
  await run(process.execPath, [join(root, "server/setup/build.mjs")]);
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  await run("npm", pack, { cwd: root });
  await run("tar", ["-xf", `maestro-${await version()}.tgz`], { cwd: folder });
  await linkPackages();
  await cp(join(folder, "package"), join(folder, "node_modules/maestro"), { recursive: true });
  await cp(join(root, "dist/maestro.mjs"), join(alone, "maestro.mjs"));
});

afterAll(async () => {
  await removeDataDir(dataDir);
  await rm(folder, { recursive: true, force: true });
  await rm(alone, { recursive: true, force: true });
});

test("the package starts everything where nothing else is, and the one file an API beside it", async () => {
  const environment = { MAESTRO_TRANSFER_ROOMS: "1", MAESTRO_TRANSFER_ROOMS_MIN: "1" };
  const maestro = await startMaestro({ dataDir, command: command(), environment });
  const page = await (await fetch(`${maestro.url}/`)).text();
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? "no script";
  expect((await fetch(maestro.url + script)).status).toBe(200);
  expect(await (await fetch(`${maestro.url}/readyz`)).json()).toMatchObject({ ready: true });

  const beside = await startMaestro({
    dataDir,
    role: "api",
    command: oneFile(),
    environment: cache(),
  });
  expect(await (await fetch(`${beside.url}/`)).text()).toBe(page);
  expect(await (await fetch(`${beside.url}/readyz`)).json()).toMatchObject({ ready: true });
  await until("a room of its own is ready", async () => {
    const listing = { dataDir, command: command() };
    const { stdout } = await runMaestro(["schedulers", "list", "--json"], listing);
    return /"ready": *1/.test(stdout);
  });
  expect(await beside.stop()).toBe(0);
  expect(await maestro.stop()).toBe(0);
}, 180_000);

test("the package has a client for scripts, and the Python client that it serves", async () => {
  const script = `import { createMaestroClient } from "maestro/client"; console.log(typeof createMaestroClient);`;
  const asked = ["--input-type=module", "--eval", script];
  const { stdout } = await run(process.execPath, asked, { cwd: folder });
  expect(stdout.trim()).toBe("function");
  const served = await readFile(join(folder, "package/python/maestro.py"), "utf8");
  expect(served).toContain("class Maestro:");
});

test("an older Node runs the package by the Node that came with it", async () => {
  const older = `data:text/javascript,if (process.argv[1].endsWith("maestro-bin.mjs"))
    Object.defineProperty(process, "versions", { value: { node: "20.1.0" } })`;
  const [node = "", ...bin] = command();
  const asOlder = [node, "--import", older, ...bin];
  const said = await runMaestro(["--help"], { dataDir, command: asOlder });
  expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("Usage: maestro") });

  await rm(join(folder, "node_modules/node"));
  const without = await runMaestro(["--help"], { dataDir, command: asOlder });
  expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining("needs Node 24") });
});

test("the one file says what it has not got", async () => {
  const options = { dataDir: join(alone, "data"), command: oneFile(), environment: cache() };
  const started = await runMaestro(["start", "-listen", "127.0.0.1:0"], options);
  expect(started).toMatchObject({ code: 1, stderr: expect.stringContaining("-db-connect") });
  const cloud = await runMaestro(["local-cloud", "-listen", "127.0.0.1:0"], options);
  expect(cloud).toMatchObject({ code: 1, stderr: expect.stringContaining("needs DuckDB") });
});

function command(): string[] {
  return [process.execPath, join(folder, "node_modules/maestro/server/setup/maestro-bin.mjs")];
}

function oneFile(): string[] {
  return [process.execPath, join(alone, "maestro.mjs")];
}

function cache(): Record<string, string> {
  return { XDG_CACHE_HOME: join(alone, "cache") };
}

async function version(): Promise<string> {
  return (JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string })
    .version;
}

/** Links to the packages that the package depends on, and to none that its makers alone use. */
async function linkPackages(): Promise<void> {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(lock.packages)) {
    // Those within another package come with it.
    if (dev || path.lastIndexOf("node_modules/") !== 0) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(join(root, path), join(folder, path));
  }
}
