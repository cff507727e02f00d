import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/until.ts";
import { startSoakDaemons } from "./soak-daemons.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "maestro-deaths-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function engineOf(name: string, source: string) {
  const file = join(directory, `${name}.mjs`);
  await writeFile(file, source);
  return pathToFileURL(file);
}

test("a daemon that ends by an error nobody caught is told, with what it logged last", async () => {
  const daemons = startSoakDaemons(join(directory, "daemons.log"));
  const engine = await engineOf(
    "throws",
    `console.error("at work"); setTimeout(() => { throw new Error("what nobody caught"); });`,
  );
  daemons.start("1", { name: "first", engine, parameters: [] });
  await until("its death", () => daemons.deaths.length > 0);
  await daemons.close();
  expect(daemons.deaths).toHaveLength(1);
  expect(daemons.deaths[0]).toMatch(/^first ended with 1\n.*at work.*what nobody caught/s);
});

test("one that ends as if it were done is told too, and one that was killed is not", async () => {
  const daemons = startSoakDaemons(join(directory, "daemons.log"));
  const lives = await engineOf("lives", "setInterval(() => undefined, 1000);");
  daemons.start("1", { name: "killed", engine: lives, parameters: [] });
  const killed = daemons.kill("1");
  daemons.start("1", { name: "killed at the end", engine: lives, parameters: [] });
  const ends = await engineOf("ends", "process.exit(0);");
  daemons.start("2", { name: "second", engine: ends, parameters: [] });
  await until("both ended", () => killed?.signalCode === "SIGKILL" && daemons.deaths.length > 0);
  await daemons.close();
  expect(daemons.deaths).toEqual(["second ended with 0\n"]);
});
