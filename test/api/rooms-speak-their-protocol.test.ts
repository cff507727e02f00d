import { afterAll, beforeAll, expect, test } from "vitest";
import { rooms } from "../../drizzle/schema/schedulers.ts";
import { roomToken } from "../../server/services/rooms/room-token.ts";
import { getScheduler } from "../../server/services/schedulers/get-scheduler.ts";
import {
  adminToken,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
let server: TestServer;
let admin: Record<string, string>;

beforeAll(async () => {
  context = await createTestDeps();
  // So few that only rooms, which are not counted, can go on asking.
  server = await startTestServer(context.deps, { limits: { api: 60, signIn: 60 } });
  admin = { "x-api-token": await adminToken(context.deps) };
});
afterAll(async () => {
  await server.close();
  await context.close();
});

async function ask(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  options: { body?: unknown; type?: string; headers?: Record<string, string> } = {},
) {
  const { body, type = "application/json", headers = {} } = options;
  const response = await fetch(`${server.url}/scheduler${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": type }) },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** A room as a runtime would have started it, with what it asks and shows. */
async function startRoom(scheduler: string, id: string) {
  const { id: schedulerId } = await getScheduler(context.deps, scheduler);
  const ports = [{ name: "http", port: 40_001 }];
  await context.deps.db.insert(rooms).values({ schedulerId, id, host: "10.1.2.3", ports });
  const token = roomToken(context.deps, { scheduler, room: id });
  const headers = { authorization: `Bearer ${token}` };
  const path = `/${scheduler}/rooms/${id}`;
  const say = (status: string, metadata = {}) =>
    ask("PUT", `${path}/ping`, { headers, body: { timestamp: 1, status, metadata } });
  return { path, headers, say };
}

const yaml = (name: string, more = "") => `
name: ${name}
cmd: ["true"]
autoscaling: {min: 1, max: 10}
${more}`;

test("a scheduler is made of YAML, changed by JSON, sized, shown and deleted", async () => {
  const made = await ask("POST", "", {
    body: yaml("scorer"),
    type: "application/yaml",
    headers: admin,
  });
  expect(made).toMatchObject({ status: 201, body: { success: true, version: "1.0" } });

  const { body: view } = await ask("GET", "/scorer", { headers: admin });
  const specification = view["specification"] as Record<string, unknown>;
  const changed = await ask("PUT", "/scorer", {
    body: { ...specification, game: "analytics" },
    headers: admin,
  });
  expect(changed.body).toMatchObject({ change: "minor", version: "1.1" });
  const calls = [
    await ask("PUT", "/scorer/min", { body: { min: 2 }, headers: admin }),
    await ask("PUT", "/scorer/image", { body: { image: "acme/scorer:2" }, headers: admin }),
    await ask("POST", "/scorer/scale", { body: { scaleup: 3 }, headers: admin }),
  ];
  expect(calls.map(({ body }) => body["version"] ?? body["replicas"])).toEqual(["1.2", "2.0", 5]);
  await startRoom("scorer", "r-shown");
  expect((await ask("GET", "/scorer/status", { headers: admin })).body).toMatchObject({
    game: "analytics",
    image: "acme/scorer:2",
    autoscalingMin: 2,
    roomsCreating: 1,
    roomsReady: 0,
  });
  expect((await ask("DELETE", "/scorer", { headers: admin })).status).toBe(200);
  const refused = await ask("PUT", "/scorer/min", { body: { min: 1 }, headers: admin });
  expect(refused).toMatchObject({ status: 409, body: { code: "conflict", success: false } });
});

test("what is wrong is told all at once with 422, in the shape that clients of rooms know", async () => {
  const wrong = await ask("POST", "", {
    body: "name: Not A Name\nruntime: process\nautoscaling: {min: -1}",
    type: "text/yaml",
    headers: admin,
  });
  expect(wrong.status).toBe(422);
  expect(wrong.body).toMatchObject({ code: "invalidInput", success: false });
  expect(wrong.body["description"]).toEqual(expect.any(String));
  expect(String(wrong.body["error"]).split("\n").length).toBeGreaterThanOrEqual(3);

  await ask("POST", "", { body: yaml("strict"), type: "text/yaml", headers: admin });
  const room = await startRoom("strict", "r1");
  const { body, status } = await ask("PUT", `${room.path}/ping`, {
    headers: room.headers,
    body: { timestamp: "noon", status: "asleep" },
  });
  expect(status).toBe(422);
  const unkept = { timestamp: 1, status: "ready", metadata: { map: ["\u0000"] } };
  const refused = await ask("PUT", `${room.path}/ping`, { headers: room.headers, body: unkept });
  expect([refused.status, String(refused.body["error"])]).toEqual([
    422,
    expect.stringContaining("metadata"),
  ]);
  expect((await ask("PUT", "/%00/rooms/r1/ping", { body: unkept })).status).toBe(401);
  expect(body["error"]).toMatch(/timestamp: .*; status: .*ready, occupied/);
  const noJson = await ask("PUT", `${room.path}/ping`, { headers: room.headers, body: "{" });
  expect(noJson).toMatchObject({ status: 422, body: { code: "invalidInput", success: false } });
  const scaled = await ask("POST", "/strict/scale", { body: { replicas: "two" }, headers: admin });
  expect(scaled.status).toBe(422);
});

test("a room pings, tells events, asks its address, is allocated once and is told to drain", async () => {
  await ask("POST", "", { body: yaml("games"), type: "text/yaml", headers: admin });
  const room = await startRoom("games", "r1");
  expect((await room.say("ready")).body).toEqual({ success: true });
  for (const kind of ["room", "player"]) {
    const event = { timestamp: 1, event: "began", metadata: { map: 3 } };
    const told = await ask("POST", `${room.path}/${kind}event`, {
      headers: room.headers,
      body: event,
    });
    expect(told.body).toEqual({ success: true });
  }
  const address = { host: "10.1.2.3", ports: [{ name: "http", port: 40_001 }] };
  expect((await ask("GET", `${room.path}/address`, { headers: room.headers })).body).toEqual(
    address,
  );
  expect((await ask("GET", `${room.path}/address`, { headers: admin })).body).toEqual(address);

  const allocated = await ask("POST", "/games/rooms/allocate", { headers: admin });
  expect(allocated.body).toEqual({ success: true, id: "r1", address });
  const none = await ask("POST", "/games/rooms/allocate", { headers: admin });
  expect(none).toMatchObject({ status: 404, body: { code: "notFound", success: false } });
  const { body } = await ask("GET", "/games/rooms?metric=room&limit=5", { headers: admin });
  expect(body["rooms"]).toMatchObject([{ id: "r1", state: "occupied", address }]);
  expect((await ask("GET", "/games/rooms?metric=luck", { headers: admin })).status).toBe(422);

  await context.deps.db.update(rooms).set({ drainingAt: new Date() });
  expect((await room.say("occupied", { round: 2 })).body).toEqual({
    success: true,
    commands: ["drain"],
  });
  expect((await room.say("terminated")).status).toBe(200);
  expect((await room.say("ready")).status).toBe(404);
});

test("a room's token is good for this room alone; networks that a scheduler names need none", async () => {
  await ask("POST", "", { body: yaml("closed"), type: "text/yaml", headers: admin });
  const [one, other] = [await startRoom("closed", "r1"), await startRoom("closed", "r2")];
  const body = { timestamp: 1, status: "ready" };
  for (const headers of [other.headers, admin, {}]) {
    const refused = await ask("PUT", `${one.path}/ping`, { headers, body });
    expect(refused).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
  }
  await ask("POST", "", {
    body: yaml("open", "pingNetworks: [127.0.0.0/8, '10.0.0.0/8']"),
    type: "text/yaml",
    headers: admin,
  });
  const old = await startRoom("open", "r1");
  expect((await ask("PUT", `${old.path}/ping`, { body })).status).toBe(200);
  expect((await ask("PUT", "/open/rooms/nobody/ping", { body })).status).toBe(404);
  const event = { timestamp: 1, event: "x" };
  expect((await ask("POST", `${old.path}/roomevent`, { body: event })).status).toBe(401);
});

test("where users come over https alone, rooms of this machine still ping without", async () => {
  await ask("POST", "", { body: yaml("local"), type: "text/yaml", headers: admin });
  const room = await startRoom("local", "r1");
  const https = await startTestServer(context.deps, {
    secureCookies: true,
    trustedProxies: ["127.0.0.1"],
  });
  const say = (headers: Record<string, string>) =>
    fetch(`${https.url}/scheduler${room.path}/ping`, {
      method: "PUT",
      headers: { ...room.headers, ...headers, "content-type": "application/json" },
      body: JSON.stringify({ timestamp: 1, status: "ready" }),
    });
  expect((await say({})).status).toBe(200);
  expect((await say({ "x-forwarded-for": "10.9.9.9" })).status).toBe(403);
  expect((await say({ "x-forwarded-proto": "https" })).status).toBe(200);
  await https.close();
});

test("many rooms may ping from one address, whatever else may ask from it", async () => {
  await ask("POST", "", { body: yaml("many"), type: "text/yaml", headers: admin });
  const room = await startRoom("many", "r1");
  for (let pings = 0; pings < 70; pings += 1) {
    expect((await room.say("ready")).status).toBe(200);
  }
  const statuses = new Set<number>();
  for (let asked = 0; asked < 61; asked += 1) {
    statuses.add((await ask("PUT", `${room.path}/ping`, { body: {} })).status);
  }
  expect(statuses).toContain(429);
});
