import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rooms } from "../../drizzle/schema/schedulers.ts";
import { getScheduler } from "../../server/services/schedulers/get-scheduler.ts";
import { type CommandServer, createCommandLine, startCommandServer } from "./support.ts";

let at: CommandServer;

beforeAll(async () => {
  at = await startCommandServer();
});
afterAll(() => at.close());

const run = (args: string[], stdin = "") =>
  createCommandLine(at.deps, { stdin: Readable.from([stdin]) })(["schedulers", ...args], at.env);

test("a scheduler is made of a file, shown, changed, sized and deleted", async () => {
  const file = join(at.folder, "scorer.yaml");
  await writeFile(file, 'name: scorer\ncmd: ["true"]\nautoscaling: {min: 1, max: 9}\n');
  expect(await run(["create", "-f", file])).toBe("scorer is made, version 1.0\n");

  const shown = await run(["show", "scorer"]);
  expect(shown).toMatch(/^# creating, version 1\.0; rooms: none\n# now: create scorer/);
  const changed = shown.replace("maxSurge: 25", "maxSurge: 50");
  expect(await run(["update", "scorer", "-f", "-"], changed)).toBe("scorer is version 1.1 now\n");
  expect(await run(["update", "scorer", "-f", "-"], changed)).toContain("is so already");
  expect(await run(["image", "scorer", "acme/scorer:2"])).toContain("its rooms are replaced");
  expect(await run(["min", "scorer", "2"])).toBe("scorer is version 2.1 now\n");
  expect(await run(["versions", "scorer"])).toMatch(/2\.1, current .*\n2\.0 .*\n1\.1 .*\n1\.0 /);
  expect(await run(["rollback", "scorer", "2.0"])).toBe("scorer is version 2.2 now\n");
  await expect(run(["rollback", "scorer", "9.9"])).rejects.toThrow("scorer has no version 9.9");
  expect(await run(["min", "scorer", "2"])).toBe("scorer is version 2.3 now\n");
  expect(await run(["scale", "scorer", "+3"])).toBe("scorer is to have 5 rooms\n");
  expect(await run(["scale", "scorer", "-1"])).toBe("scorer is to have 4 rooms\n");

  const { id: schedulerId } = await getScheduler(at.deps, "scorer");
  await at.deps.db.insert(rooms).values({ schedulerId, id: "r-one", state: "ready" });
  expect(await run(["rooms", "scorer"])).toMatch(/r-one +ready/);
  expect(await run(["list"])).toMatch(/scorer +– +creating +2\.3 +0 +1 +0 +2 to 9/);
  expect(JSON.parse(await run(["list", "--json"]))).toMatchObject([{ name: "scorer" }]);

  expect(await run(["delete", "scorer"])).toBe("scorer is being deleted\n");
  const history = await run(["operations", "scorer", "--limit", "3"]);
  expect(history.split("\n")[1]).toMatch(/delete scorer +pending .* admin@localhost/);
  expect(history).toMatch(/scale from 5 to 4 +cancelled .* deleted meanwhile/);
});

test("what is wrong is told: the file, every field of it, a number, a name", async () => {
  await expect(run(["create", "-f", join(at.folder, "none")])).rejects.toThrow(
    /none cannot be read: ENOENT/,
  );
  await expect(run(["create", "-f", "-"], "name: No Name\nmaxSurge: 0")).rejects.toThrow(
    /name: .*\n[\s\S]*maxSurge: /,
  );
  await expect(run(["scale", "nobody", "many"])).rejects.toThrow('rooms is "many"');
  await expect(run(["scale", "nobody", "2"])).rejects.toThrow("no scheduler called nobody");
});
