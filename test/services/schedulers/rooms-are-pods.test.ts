import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { rooms, schedulers } from "../../../drizzle/schema/schedulers.ts";
import { createRoomPods } from "../../../server/connectors/room-kubernetes.ts";
import { createScheduler } from "../../../server/services/schedulers/create-scheduler.ts";
import { endStrayPods } from "../../../server/services/schedulers/end-stray-pods.ts";
import type { WatchDeps, Watching } from "../../../server/services/schedulers/watch-deps.ts";
import { takeUp, watchScheduler } from "../../../server/services/schedulers/watch-scheduler.ts";
import { type Kubernetes, startKubernetes } from "../../support/kubernetes.ts";
import { until } from "../../support/until.ts";
import { actor, openSchedulerDeps, type SchedulerDeps } from "./fixture.ts";

/*
 * Watchers over pods, through the real client library, against a server that answers as Kubernetes' API
 * is documented (test/support/kubernetes.ts). The tests say what becomes of the pods.
 */
let own: SchedulerDeps;
let kubernetes: Kubernetes;
let folder: string;
let deps: WatchDeps;
let watching: Watching;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  own = await openSchedulerDeps();
  folder = await mkdtemp(join(tmpdir(), "maestro-pods-"));
});
afterAll(async () => {
  await own.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await own.db.delete(schedulers);
  kubernetes = await startKubernetes();
  await kubernetes.writeConfig(join(folder, "config"));
  deps = await openDeps();
  const made = await createScheduler(own, actor, {
    name: "fleet",
    runtime: "kubernetes",
    image: "acme/scorer:1.4",
    cmd: ["score"],
    env: [{ name: "MODE", value: "fast" }],
    ports: [{ containerPort: 5050, protocol: "TCP", name: "http" }],
    requests: { memory: "64Mi", cpu: "250m" },
    limits: { memory: "128Mi", cpu: "1" },
    shutdownTimeout: 60,
    affinity: "fast-disk",
    toleration: "scoring",
    autoscaling: { min: 1, max: 5 },
  });
  await own.db.update(schedulers).set({ state: "active" });
  watching = (await takeUp(deps, made.id))!;
});
afterEach(async () => {
  for (const { close } of opened.splice(0)) await close();
  await kubernetes.close();
});

/** What a worker has, with its own view of the cluster. */
async function openDeps(): Promise<WatchDeps> {
  const place = { config: join(folder, "config"), namespace: null, owner: "ours" };
  const pods = await createRoomPods(place, own.log, 50);
  opened.push(pods);
  await until("the pods are known", () => pods.inspect(unheardOf).state === "missing");
  const processes = { machine: "here", inspect: () => ({ state: "missing" }) };
  const watching = { roomUrl: "http://maestro", lockKey: "lock", lockTtlMs: 60_000 };
  return { ...own, processes, pods, watching } as unknown as WatchDeps;
}

const unheardOf = { pid: 1, start: "unheard of" };
const look = (from: WatchDeps = deps) =>
  watchScheduler(
    { ...from, watching: { ...from.watching, autoscalingPeriodSeconds: 10 } },
    watching,
    false,
    new AbortController().signal,
  );
const theRoom = async () => (await own.db.select().from(rooms))[0]!;
const nameOf = async () => (await theRoom()).id;
const say = (values: Partial<typeof rooms.$inferInsert>) => own.db.update(rooms).set(values);
const viewOf = async (name: string) => {
  const row = (await own.db.select().from(rooms)).find(({ id }) => id === name);
  return deps.pods!.inspect({ pid: 1, start: row?.processStart ?? "" });
};
const seen = (name: string, what: string) =>
  until(`${name} is ${what}`, async () => JSON.stringify(await viewOf(name)).includes(what));
const count = (what: string) => kubernetes.requests.filter((each) => each === what).length;

test("a room is a pod as its specification says, and has its address when it runs", async () => {
  await look();
  const name = await nameOf();
  const [pod] = kubernetes.pods();
  expect(pod?.metadata?.labels).toEqual({
    "app.kubernetes.io/managed-by": "maestro",
    "app.kubernetes.io/instance": "ours",
    "maestro/scheduler": "fleet",
    "maestro/version": "1",
  });
  const { containers, ...spec } = pod!.spec!;
  expect(spec).toEqual({
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 60,
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    tolerations: [{ key: "scoring", operator: "Equal", value: "true", effect: "NoSchedule" }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "fast-disk", operator: "In", values: ["true"] }] },
          ],
        },
      },
    },
  });
  const { env = [], ...container } = containers[0]!;
  expect(container).toEqual({
    name: "room",
    image: "acme/scorer:1.4",
    command: ["score"],
    ports: [{ containerPort: 5050, protocol: "TCP", name: "http" }],
    resources: {
      requests: { memory: "64Mi", cpu: "250m" },
      limits: { memory: "128Mi", cpu: "1" },
    },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  });
  const variables = Object.fromEntries(env.map((each) => [each.name, each.value]));
  expect(variables).toMatchObject({
    MODE: "fast",
    MAESTRO_PORT_HTTP: "5050",
    MAESTRO_SCHEDULER_NAME: "fleet",
    MAESTRO_ROOM_ID: name,
    MAESTRO_URL: "http://maestro",
  });

  kubernetes.setStatus(name, { phase: "Running", podIP: "10.1.2.3" });
  await seen(name, "running");
  await look();
  expect(await theRoom()).toMatchObject({
    host: "10.1.2.3",
    ports: [{ name: "http", port: 5050 }],
    state: "creating",
  });
});

test("one that is not needed is ended with its shutdown timeout, and then deleted", async () => {
  await look();
  const name = await nameOf();
  kubernetes.setStatus(name, { phase: "Running" });
  await seen(name, "running");
  await say({ state: "terminating", terminatingAt: new Date(), pingedAt: new Date() });
  await look();
  await until("it is ended", () => kubernetes.requests.includes(`DELETE ${name}`));
  kubernetes.setStatus(name, ended(0));
  await seen(name, "exited");
  await look();
  await look();
  await until("it is deleted", () => kubernetes.pods().every((pod) => pod.metadata?.name !== name));
  const row = (await own.db.select().from(rooms)).find(({ id }) => id === name);
  expect(row).toMatchObject({ state: "terminated", pid: null });
});

test("what keeps a pod from starting is its room's fault, in the cluster's words", async () => {
  await look();
  const name = await nameOf();
  const waiting = {
    reason: "ImagePullBackOff",
    message: 'Back-off pulling image "acme/scorer:1.4"',
  };
  const container = { name: "room", image: "", imageID: "", ready: false, restartCount: 0 };
  const containerStatuses = [{ ...container, state: { waiting } }];
  kubernetes.setStatus(name, { phase: "Pending", containerStatuses });
  await seen(name, "ImagePullBackOff");
  await own.db.update(rooms).set({ createdAt: new Date(Date.now() - 3_600_000) });
  watching.excusedMs = Number.NEGATIVE_INFINITY;
  await look();
  expect(await theRoom()).toMatchObject({
    state: "unresponsive",
    reason: expect.stringContaining('ImagePullBackOff: Back-off pulling image "acme/scorer:1.4"'),
  });
  await until("it is killed", () => kubernetes.requests.includes(`DELETE ${name} grace 0`));
});

test.each([
  [403, 'pods "fleet" is forbidden: exceeded quota: rooms, requested: pods=1, used: pods=5'],
  [403, 'User "system:serviceaccount:maestro" cannot create resource "pods"'],
])("a pod that is refused with %s fails its room with the reason", async (code, message) => {
  kubernetes.refuseNext(code, message);
  await look();
  const row = await theRoom();
  expect(row).toMatchObject({ state: "error", reason: expect.stringContaining(message) });
  await look();
  expect((await theRoom()).state).toBe("terminated");
});

test("one that ends by itself fails with its exit code and what it said last", async () => {
  await look();
  const name = await nameOf();
  kubernetes.setLog(name, "no model to score with\n");
  kubernetes.setStatus(name, ended(3));
  await seen(name, "exited");
  await look();
  expect(await theRoom()).toMatchObject({ reason: "its process ended with exit code 3" });
  expect(watching.lastFailure).toContain("no model to score with");
});

test("a worker that comes later knows the pods, and one that nobody noted is ended", async () => {
  await look();
  const name = await nameOf();
  kubernetes.setStatus(name, { phase: "Running" });
  await say({ state: "ready", pingedAt: new Date() });
  const later = await openDeps();
  await look(later);
  expect(await theRoom()).toMatchObject({ id: name, state: "ready" });
  expect(later.pods?.strays("fleet", new Set([name]), 0)).toEqual([]);
  expect(later.pods?.strays("fleet", new Set(), 0)).toMatchObject([{ pid: 1 }]);
  expect(later.pods?.strays("fleet", new Set())).toEqual([]);
});

test("pods of a scheduler that is no more are ended, and those of others stay", async () => {
  await look();
  const name = await nameOf();
  await until("its pod is seen", () => deps.pods!.schedulers().includes("fleet"));
  endStrayPods(deps, [{ name: "fleet" }], 0);
  endStrayPods(deps, []);
  await own.db.delete(schedulers);
  endStrayPods(deps, [{ name: "other" }], 0);
  await until("its pod is gone", () => kubernetes.pods().length === 0);
  expect(kubernetes.requests.filter((each) => each.startsWith("DELETE"))).toEqual([
    `DELETE ${name} grace 0`,
  ]);
});

test("a watch that is cut off goes on from where it was, or from a list where that is forgotten", async () => {
  await look();
  const name = await nameOf();
  kubernetes.cutWatches();
  await until("it watches again", () => count("WATCH on") === 2);
  kubernetes.setStatus(name, { phase: "Running" });
  await seen(name, "running");
  expect(count("LIST")).toBe(1);

  kubernetes.remove(name);
  kubernetes.cutWatches({ forgetting: true });
  await seen(name, "missing");
  await say({ state: "ready", pingedAt: new Date() });
  await look();
  expect((await own.db.select().from(rooms)).find(({ id }) => id === name)).toMatchObject({
    state: "error",
    reason: "its process is gone",
  });
});

test("of a cluster that cannot be asked nothing is known, and no room is taken for gone", async () => {
  await look();
  const name = await nameOf();
  await say({ state: "ready", pingedAt: new Date() });
  await kubernetes.close();
  const place = { config: join(folder, "config"), namespace: null, owner: "ours" };
  const pods = await createRoomPods(place, own.log, 50);
  opened.push(pods);
  await look({ ...deps, pods });
  expect(await theRoom()).toMatchObject({ id: name, state: "ready" });
});

function ended(exitCode: number) {
  const container = { name: "room", image: "", imageID: "", ready: false, restartCount: 0 };
  const state = { terminated: { exitCode } };
  return {
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    containerStatuses: [{ ...container, state }],
  };
}
