import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataDirectory } from "../../server/embedded/data-directory.ts";
import { until } from "../support/until.ts";

let directory: string;
let parent: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "maestro-lock-"));
});

afterEach(async () => {
  parent?.kill("SIGKILL");
  await rm(directory, { recursive: true });
});

async function statOf(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** The pid of a process that has ended, and for whose end its parent has not asked. */
async function startUnreaped(): Promise<number> {
  parent = spawn("sh", ["-c", 'sleep 0.3 & echo "$!"; exec sleep 60'], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const pid = await new Promise<number>((resolve) => {
    parent?.stdout?.once("data", (text) => resolve(Number(text)));
  });
  await until("it has ended", async () => (await statOf(pid))[0] === "Z");
  return pid;
}

test("a directory whose holder was killed is taken, though nobody has asked for the holder's end", async () => {
  const pid = await startUnreaped();
  const path = join(directory, "maestro.pid");
  await writeFile(path, `${pid} ${(await statOf(pid))[19]}`);
  const release = await lockDataDirectory(directory);
  expect(await readFile(path, "utf8")).toMatch(new RegExp(`^${process.pid} `));
  await release();
});

test("a directory is taken as soon as its dying holder is gone, and not from one that lives", async () => {
  parent = spawn("sleep", ["60"]);
  const held = `${parent.pid} ${(await statOf(parent.pid!))[19]}`;
  await writeFile(join(directory, "maestro.pid"), held);
  await expect(lockDataDirectory(directory)).rejects.toThrow(
    `Maestro runs already on ${directory} (process ${parent.pid}): stop it`,
  );
  const taking = lockDataDirectory(directory);
  parent.kill("SIGKILL");
  await (await taking)();
});
