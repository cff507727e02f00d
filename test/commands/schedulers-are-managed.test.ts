import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rooms } from "../../drizzle/schema/schedulers.ts";
import { getScheduler } from "../../server/services/schedulers/get-scheduler.ts";
import {
  adminToken,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "../api/support.ts";
import { createCommandLine } from "./support.ts";

let context: TestDeps;
let server: TestServer;
let env: Record<string, string>;
let directory: string;

beforeAll(async () => {
  context = await createTestDeps();
  server = await startTestServer(context.deps);
  env = { MAESTRO_URL: server.url, MAESTRO_TOKEN: await adminToken(context.deps) };
  directory = await mkdtemp(join(tmpdir(), "maestro-schedulers-"));
});
afterAll(async () => {
  await server.close();
  await context.close();
  await rm(directory, { recursive: true });
});

const run = (args: string[], stdin = "") =>
  createCommandLine(context.deps, { stdin: Readable.from([stdin]) })(["schedulers", ...args], env);

test("a scheduler is made of a file, shown, changed, sized and deleted", async () => {
  const file = join(directory, "scorer.yaml");
  await writeFile(file, 'name: scorer\ncmd: ["true"]\nautoscaling: {min: 1, max: 9}\n');
  expect(await run(["create", "-f", file])).toBe("scorer is made, version 1.0\n");

  const shown = await run(["show", "scorer"]);
  expect(shown).toMatch(/^# creating, version 1\.0; rooms: none\n# now: create scorer/);
  const changed = shown.replace("maxSurge: 25", "maxSurge: 50");
  expect(await run(["update", "scorer", "-f", "-"], changed)).toBe("scorer is version 1.1 now\n");
  expect(await run(["update", "scorer", "-f", "-"], changed)).toContain("is so already");
  expect(await run(["image", "scorer", "acme/scorer:2"])).toContain("its rooms are replaced");
  expect(await run(["min", "scorer", "2"])).toBe("scorer is version 2.1 now\n");
  expect(await run(["scale", "scorer", "+3"])).toBe("scorer is to have 5 rooms\n");
  expect(await run(["scale", "scorer", "-1"])).toBe("scorer is to have 4 rooms\n");

  const { id: schedulerId } = await getScheduler(context.deps, "scorer");
  await context.deps.db.insert(rooms).values({ schedulerId, id: "r-one", state: "ready" });
  expect(await run(["rooms", "scorer"])).toMatch(/r-one +ready/);
  expect(await run(["list"])).toMatch(/scorer +– +creating +2\.1 +0 +1 +0 +2 to 9/);
  expect(JSON.parse(await run(["list", "--json"]))).toMatchObject([{ name: "scorer" }]);

  expect(await run(["delete", "scorer"])).toBe("scorer is being deleted\n");
  const history = await run(["operations", "scorer", "--limit", "3"]);
  expect(history.split("\n")[1]).toMatch(/delete scorer +pending .* admin@localhost/);
  expect(history).toMatch(/scale from 5 to 4 +cancelled .* deleted meanwhile/);
});

test("what is wrong is told: the file, every field of it, a number, a name", async () => {
  await expect(run(["create", "-f", join(directory, "none")])).rejects.toThrow(
    /none cannot be read: ENOENT/,
  );
  await expect(run(["create", "-f", "-"], "name: No Name\nmaxSurge: 0")).rejects.toThrow(
    /name: .*\n[\s\S]*maxSurge: /,
  );
  await expect(run(["scale", "nobody", "many"])).rejects.toThrow('rooms is "many"');
  await expect(run(["scale", "nobody", "2"])).rejects.toThrow("no scheduler called nobody");
});
