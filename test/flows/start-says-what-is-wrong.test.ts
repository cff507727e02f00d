import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createDataDir,
  type RunningMaestro,
  removeDataDir,
  runMaestro,
  startMaestro,
} from "../support/start-maestro.ts";

let dataDir: string;
let maestro: RunningMaestro;

beforeAll(async () => {
  dataDir = await createDataDir();
  maestro = await startMaestro({ dataDir });
});
afterAll(async () => {
  await maestro.kill();
  await removeDataDir(dataDir);
});

/** The one sentence of a start that fails. */
async function refusal(directory: string, args: string[]): Promise<string> {
  const { code, stderr } = await runMaestro(["start", ...args], { dataDir: directory });
  expect(code).toBe(1);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  return stderr;
}

test("a port in use, by another program", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as { port: number };
  const directory = await createDataDir();
  expect(await refusal(directory, ["-listen", `127.0.0.1:${port}`])).toContain(
    `127.0.0.1:${port} is in use by another program: choose another with -listen`,
  );
  other.close();
  expect(await readdir(directory)).not.toContain("postgres");
  await removeDataDir(directory);
});

test("a data directory that cannot be written, and one that is in use", async () => {
  const file = join(dataDir, "a-file");
  await writeFile(file, "");
  expect(await refusal(join(file, "below"), ["-listen", "127.0.0.1:0"])).toMatch(
    /the data directory \S+ cannot be written .* name another with -data-dir/,
  );
  expect(await refusal(dataDir, ["-listen", "127.0.0.1:0"])).toMatch(
    /Maestro runs already on \S+ \(process \d+\)/,
  );
});

test("commands on the machine need neither address nor token; elsewhere they say what they need", async () => {
  const local = await runMaestro(["tables", "list", "--json"], { dataDir });
  expect(local.stderr).toBe("");
  expect(JSON.parse(local.stdout)).toEqual([]);

  const token = (await runMaestro(["token"], { dataDir })).stdout.trim();
  const environment = { MAESTRO_URL: maestro.url, MAESTRO_TOKEN: token };
  const nowhere = await createDataDir();
  const named = await runMaestro(["runs", "list", "--json"], { dataDir: nowhere, environment });
  expect(JSON.parse(named.stdout)).toEqual([]);
  const directory = ["-data-dir", dataDir];
  const elsewhere = await runMaestro(["runs", "list", "--json", ...directory], {
    dataDir: nowhere,
  });
  expect(JSON.parse(elsewhere.stdout)).toEqual([]);
  expect((await runMaestro(["token", ...directory], { dataDir: nowhere })).stdout).toMatch(
    /^maestro_/,
  );
  const refused = await runMaestro(["runs", "list"], {
    dataDir: nowhere,
    environment: { ...environment, MAESTRO_TOKEN: "maestro_guess" },
  });
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("make another with maestro token");
  await removeDataDir(nowhere);
});

test("a word that is no command", async () => {
  const { code, stderr } = await runMaestro(["rums"], { dataDir });
  expect(code).toBe(2);
  expect(stderr).toMatch(/no command rums; there are start, .*, runs,/);
});

test("after SIGKILL it starts on the same servers; SIGTERM stops all of them; another secret is refused", async () => {
  const before = await readFile(join(dataDir, "cloud/local-cloud.json"), "utf8");
  await maestro.kill();
  maestro = await startMaestro({ dataDir });
  expect(await readFile(join(dataDir, "cloud/local-cloud.json"), "utf8")).toBe(before);

  expect(await maestro.stop()).toBe(0);
  expect(await readdir(dataDir)).not.toContain("maestro.pid");
  const { url } = JSON.parse(before) as { url: string };
  await expect(fetch(url)).rejects.toThrow("fetch failed");

  expect(await refusal(dataDir, ["-listen", "127.0.0.1:0", "-secret=another secret"])).toContain(
    "the secret is not the one that this database was made with",
  );
  maestro = await startMaestro({ dataDir });
  expect((await fetch(`${maestro.url}/readyz`)).status).toBe(200);
});
