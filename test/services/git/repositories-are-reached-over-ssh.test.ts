import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { commitSaves } from "../../../server/services/git/commit-saves.ts";
import { gitState } from "../../../server/services/git/sync.ts";
import { changeSettings } from "../../../server/services/settings/change-settings.ts";
import { type SshServer, startSshServer } from "../../support/ssh-server.ts";
import { until } from "../../support/until.ts";
import { type GitWorld, startGitWorld } from "./support.ts";

let world: GitWorld;
let server: SshServer;
/** Where folders of the work are made, and nothing else. */
let temporary: string;

const pulse = () => commitSaves(world.deps, new AbortController().signal);
const log = async () => (await world.git.git("log", "--format=%s", "main")).split("\n");
const folders = async () => (await readdir(temporary)).filter((name) => name !== "seen");

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "maestro-ssh-test-"));
  world = await startGitWorld();
  server = await startSshServer(
    `ls -R ${temporary} >> ${temporary}/seen; grep -rl PRIVATE ${temporary} >> ${temporary}/seen`,
  );
  vi.stubEnv("TMPDIR", temporary);
  await world.save("a", "select 1 as one");
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await world.close();
  await rm(temporary, { recursive: true, force: true });
});

test("a host whose keys nobody has set is sent nothing, and its keys are shown", async () => {
  const { deps, ann, git } = world;
  await changeSettings(deps, ann, {
    "git.url": server.urlOf(git.path),
    "git.key": server.key,
    "network.allowed": "127.0.0.1",
  });
  await pulse();
  const { fault } = await gitState(deps);
  expect(fault).toContain("the keys of the host 127.0.0.1 are not known");
  expect(fault).toContain(`"${server.knownHost}"`);
  expect(fault).toContain("set git.knownHosts");
});

test("a host that shows another key than the set one is refused", async () => {
  const { deps, ann } = world;
  const other = server.knownHost.replace(/.{20}$/, "A".repeat(20));
  await changeSettings(deps, ann, { "git.knownHosts": other });
  await pulse();
  expect((await gitState(deps)).fault).toContain("the host shows another key");
  await expect(readFile(join(temporary, "seen"), "utf8")).rejects.toThrow();
});

test("saves are pushed and fetched with a key that is in no file, and nothing is left behind", async () => {
  const { deps, ann, git, save } = world;
  const left = join(temporary, "maestro-git-Ab1cDe");
  await mkdir(left);
  await writeFile(join(left, "key"), "of a process that was killed long ago");
  await utimes(left, new Date("2020-01-01"), new Date("2020-01-01"));
  await changeSettings(deps, ann, { "git.knownHosts": server.knownHost });
  await pulse();
  expect(await log()).toEqual(["Save d.a"]);
  await git.commit("Theirs", { "README.md": "ours\n" });
  await save("b", "select 2 as two");
  await pulse();
  expect((await log())[0]).toBe("Save d.b");
  const seen = await readFile(join(temporary, "seen"), "utf8");
  expect(seen).toMatch(/maestro-git-\w{6}:\nagent\nknown_hosts/);
  expect(seen).not.toMatch(/\/key$/m);
  await until("its folder is gone", async () => (await folders()).length === 0);
});

test("a key that cannot be read is told as that", async () => {
  const { deps, ann, save } = world;
  const broken = server.key.replace(/[A-Za-z0-9+/=]{70}\n/, "");
  await changeSettings(deps, ann, { "git.key": broken });
  await save("c", "select 3 as three");
  await pulse();
  expect((await gitState(deps)).fault).toContain("git.key is no private key that SSH can read");
});

test("a process that is killed leaves no agent and no folder", async () => {
  const folder = join(temporary, "maestro-git-killed");
  await mkdir(folder);
  const module = new URL("../../../server/connectors/git-key-agent.ts", import.meta.url);
  const script = `const { startKeyAgent } = await import(${JSON.stringify(fileURLToPath(module))});
    const env = { PATH: process.env.PATH, HOME: ${JSON.stringify(folder)} };
    await startKeyAgent(${JSON.stringify(folder)}, process.env.KEY, env);
    process.stdout.write("up");
    setInterval(() => undefined, 1_000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, KEY: server.key },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  expect(await readdir(folder)).toEqual(["agent"]);
  holder.kill("SIGKILL");
  await until("its folder is gone", async () => (await folders()).length === 0);
});
