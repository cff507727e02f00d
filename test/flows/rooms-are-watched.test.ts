import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { rooms, schedulers } from "../../drizzle/schema/schedulers.ts";
import { startWorker, type Worker } from "../../server/daemon/worker.ts";
import { ping } from "../../server/services/rooms/ping.ts";
import { createScheduler } from "../../server/services/schedulers/create-scheduler.ts";
import { deleteScheduler } from "../../server/services/schedulers/delete-scheduler.ts";
import { listOperations } from "../../server/services/schedulers/list-operations.ts";
import { scale } from "../../server/services/schedulers/scale.ts";
import { updateScheduler } from "../../server/services/schedulers/update-scheduler.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";
import { createWatchDeps } from "../support/watch-deps.ts";

/*
 * Watchers over real processes. The rooms are programs that only sleep; the tests ping for them, by
 * what they shall say, as long as they live.
 */
const actor = { userId: null, name: "test" };
const occupied = new Set<string>();
const mute = new Set<string>();
let database: TestDatabase;
let directory: string;
let deps: ReturnType<typeof createWatchDeps>;
let worker: Worker | undefined;
let forked: ChildProcess | undefined;
let pinging = true;
let pings: Promise<void>;

beforeAll(async () => {
  database = await createTestDatabase();
  directory = mkdtempSync(join(tmpdir(), "maestro-rooms-"));
  deps = createWatchDeps({
    connectionString: database.connectionString,
    directory,
    processId: "ours",
  });
  pings = pingAll();
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  forked?.kill("SIGKILL");
  forked = undefined;
  for (const { pid } of await deps.db.select().from(rooms)) if (pid !== null) kill(pid, "SIGKILL");
  await deps.db.delete(schedulers);
});
afterAll(async () => {
  pinging = false;
  await pings;
  await deps.close();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

async function pingAll(): Promise<void> {
  while (pinging) {
    for (const row of await allRooms()) {
      if (row.pid === null || !kill(row.pid, 0) || mute.has(row.id) || row.state === "terminated")
        continue;
      const status = occupied.has(row.id) ? "occupied" : "ready";
      const room = { scheduler: row.scheduler, room: row.id };
      await ping(deps, room, { timestamp: 1, status, metadata: {} }).catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const allRooms = () =>
  deps.db
    .select({
      id: rooms.id,
      pid: rooms.pid,
      state: rooms.state,
      reason: rooms.reason,
      version: rooms.version,
      scheduler: schedulers.name,
    })
    .from(rooms)
    .innerJoin(schedulers, eq(schedulers.id, rooms.schedulerId))
    .orderBy(rooms.createdAt, rooms.id);

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

const specification = (more: object = {}) => ({
  name: "fleet",
  cmd: ["sleep", "1000"],
  requests: { cpu: "10m", memory: "1Mi" },
  shutdownTimeout: 30,
  autoscaling: { min: 2, max: 6 },
  ...more,
});
const serving = async () =>
  (await allRooms()).filter(({ state }) => state === "ready" || state === "occupied");
const untilServing = (count: number) =>
  until(`${count} rooms serve`, async () => (await serving()).length === count);
const newest = async () => (await listOperations(deps, "fleet"))[0];
const untilEnded = (what: string) =>
  until(what, async () => !["pending", "running"].includes((await newest())?.state ?? ""));

async function startFleet(more: object = {}, count = 2): Promise<void> {
  await createScheduler(deps, actor, specification(more));
  worker = startWorker(deps);
  await untilServing(count);
}

test("a new scheduler's rooms come up, and one that is killed is replaced", async () => {
  await startFleet();
  await untilEnded("it is made");
  expect(await newest()).toMatchObject({ kind: "create", state: "succeeded" });
  const [victim, other] = await serving();
  kill(victim!.pid!, "SIGKILL");
  await until("another took its place", async () => {
    const ids = (await serving()).map(({ id }) => id);
    return ids.length === 2 && !ids.includes(victim!.id);
  });
  expect((await serving()).find(({ id }) => id === other!.id)?.pid).toBe(other!.pid);
  const row = (await allRooms()).find(({ id }) => id === victim!.id);
  expect(row?.reason).toMatch(/ended by SIGKILL|process has ended/);
});

test("a room that pings no more is removed and replaced, and an occupied one that pings stays", async () => {
  await startFleet();
  const [silent, busy] = await serving();
  occupied.add(busy!.id);
  mute.add(silent!.id);
  await until("the silent one is gone", () => !kill(silent!.pid!, 0));
  await untilServing(2);
  const row = (await allRooms()).find(({ id }) => id === busy!.id);
  expect(row).toMatchObject({ state: "occupied", pid: busy!.pid });
});

test("scaling by hand starts and ends rooms, occupied ones last of all", async () => {
  await startFleet();
  await scale(deps, actor, "fleet", { replicas: 5 });
  await untilServing(5);
  const youngest = (await serving()).at(-1)!;
  occupied.add(youngest.id);
  await until("it is occupied", async () =>
    (await allRooms()).some(({ id, state }) => id === youngest.id && state === "occupied"),
  );
  await scale(deps, actor, "fleet", { replicas: 2 });
  await untilServing(2);
  expect((await serving()).map(({ id }) => id)).toContain(youngest.id);
});

test("a major update replaces all rooms, and lets the occupied one finish", async () => {
  await startFleet();
  const [busy] = await serving();
  occupied.add(busy!.id);
  await until("it is occupied", async () => (await serving())[0]?.state === "occupied");
  await updateScheduler(deps, actor, "fleet", specification({ cmd: ["sleep", "2000"] }));
  await until("all but it are new", async () => {
    const now = await serving();
    return now.length === 3 && now.filter(({ version }) => version === 2).length === 2;
  });
  expect(kill(busy!.pid!, 0)).toBe(true);
  occupied.delete(busy!.id);
  await untilEnded("the update is done");
  expect(await newest()).toMatchObject({ kind: "update", state: "succeeded" });
  expect((await serving()).map(({ version }) => version)).toEqual([2, 2]);
});

test("an update whose rooms never come goes back to the version before, and says why", async () => {
  await startFleet();
  const before = (await serving()).map(({ id }) => id);
  const broken = specification({ cmd: ["sh", "-c", "echo no licence was found; exit 3"] });
  await updateScheduler(deps, actor, "fleet", broken);
  await untilEnded("the update has failed");
  const operation = await newest();
  expect(operation).toMatchObject({ kind: "update", state: "failed" });
  expect(operation?.reason).toContain("no licence was found");
  expect((await serving()).map(({ id }) => id)).toEqual(before);
  const [row] = await deps.db.select().from(schedulers);
  expect(row?.version).toBe(1);
});

test("never more rooms are started than the machine has place for", async () => {
  await startFleet({
    requests: { cpu: "3", memory: "1Mi" },
    limits: { cpu: "3", memory: "1Gi" },
    autoscaling: { min: 4 },
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect((await allRooms()).length).toBe(2);
});

test("a deleted scheduler's rooms end, by force where they do not hear, and its row goes last", async () => {
  await startFleet({ cmd: ["sh", "-c", "trap '' TERM; sleep 1000 & wait"], shutdownTimeout: 1 });
  const pids = (await serving()).map(({ pid }) => pid!);
  await deleteScheduler(deps, actor, "fleet");
  await until("it is gone", async () => (await deps.db.$count(schedulers)) === 0);
  expect(pids.filter((pid) => kill(pid, 0))).toEqual([]);
});

function forkWorker(ttlMs: number): ChildProcess {
  const program = join(import.meta.dirname, "../support/worker-process.ts");
  return fork(program, [database.connectionString, directory, String(ttlMs)], { execArgv: [] });
}

test("rooms outlive a worker that is killed, and the next one takes them over as they are", async () => {
  await createScheduler(deps, actor, specification());
  forked = forkWorker(500);
  await untilServing(2);
  const before = (await serving()).map(({ id, pid }) => ({ id, pid }));
  forked.kill("SIGKILL");
  worker = startWorker(deps);
  await until("it is watched", () => worker!.holding().length === 1);
  await scale(deps, actor, "fleet", { replicas: 3 });
  await untilServing(3);
  expect((await serving()).map(({ id, pid }) => ({ id, pid }))).toEqual(
    expect.arrayContaining(before),
  );
  kill(before[0]!.pid!, "SIGKILL");
  await until("one that was taken over is replaced too", async () => {
    const ids = (await serving()).map(({ id }) => id);
    return ids.length === 3 && !ids.includes(before[0]!.id);
  });
});

test("a worker that stands still past its lock's life does nothing more when it goes on", async () => {
  await createScheduler(deps, actor, specification());
  forked = forkWorker(500);
  await untilServing(2);
  const fence = async () => (await deps.db.select().from(schedulers))[0]?.watcherFence ?? 0;
  forked.kill("SIGSTOP");
  const before = await fence();
  worker = startWorker(deps);
  await until("another watches", async () => (await fence()) > before);
  const taken = await fence();
  forked.kill("SIGCONT");
  await scale(deps, actor, "fleet", { replicas: 4 });
  await untilEnded("it is scaled");
  expect((await serving()).length).toBe(4);
  expect((await allRooms()).length).toBe(4);
  expect(await fence()).toBe(taken);
});
