import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  adminToken,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
const servers: TestServer[] = [];

beforeAll(async () => {
  context = await createTestDeps();
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await context.close();
});

async function start(options: Parameters<typeof startTestServer>[1]): Promise<TestServer> {
  const server = await startTestServer(context.deps, options);
  servers.push(server);
  return server;
}

/** With headers that `fetch` would not let a caller set. */
function ask(
  server: TestServer,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { method, headers }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("an address that asks too often is told when to come back", async () => {
  const server = await start({ limits: { api: 4, signIn: 2 } });
  const statuses = [];
  for (let i = 0; i < 4; i += 1) statuses.push((await ask(server, "/trpc/me.get")).status);
  expect(statuses).toEqual([401, 401, 401, 401]);
  const refused = await ask(server, "/trpc/me.get", { "x-forwarded-for": "203.0.113.9" });
  expect(refused.status).toBe(429);
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  expect(JSON.parse(refused.body).error).toMatchObject({
    code: "rateLimited",
    message: expect.stringMatching(/^more than 4 requests a minute .* try again in \d+ s$/),
  });
  // Signing in has its own count, and the others have none.
  const links = [];
  for (let i = 0; i < 3; i += 1) links.push((await ask(server, "/auth/token?token=x")).status);
  expect(links).toEqual([401, 401, 429]);
  expect((await ask(server, "/healthz")).status).toBe(200);
  // However the address is written.
  for (const path of ["/%61uth/token?token=x", "/au%74h/token?token=x"]) {
    expect((await ask(server, path)).status).toBe(429);
  }
  expect((await ask(server, "/%74rpc/me.get")).status).toBe(429);
});

test("a batch costs as many requests as it holds calls, and holds twenty at most", async () => {
  const server = await start({ limits: { api: 22, signIn: 2 } });
  const batch = (calls: number, comma = ",") =>
    ask(server, `/trpc/${Array(calls).fill("me.get").join(comma)}?batch=1&input=%7B%7D`);
  expect((await batch(20)).status).toBe(401);
  expect((await batch(2, "%2C")).status).toBe(401);
  expect((await batch(1)).status).toBe(429);
  const open = await start({});
  const large = await ask(
    open,
    `/trpc/${Array(300).fill("me.get").join(",")}?batch=1&input=%7B%7D`,
  );
  expect(large.status).toBe(400);
  expect(large.body).toContain("a request may carry 20 calls, and this one carries 300");
});

test("behind a proxy that is trusted each address has its own count", async () => {
  const server = await start({ limits: { api: 1, signIn: 1 }, trustedProxies: ["127.0.0.1"] });
  const from = async (address: string) =>
    (await ask(server, "/trpc/me.get", { "x-forwarded-for": address })).status;
  expect(await from("203.0.113.1")).toBe(401);
  expect(await from("203.0.113.2")).toBe(401);
  expect(await from("203.0.113.1")).toBe(429);
  // What stands before the proxy's own word is anybody's.
  expect(await from("198.51.100.7, 203.0.113.1")).toBe(429);
  // Whoever has one address of IPv6 has all of its /64.
  expect(await from("2001:db8:1:2::1")).toBe(401);
  expect(await from("2001:db8:1:2::2")).toBe(429);
});

test("over https alone: pages are sent there, changes are refused, probes are answered", async () => {
  const server = await start({
    secureCookies: true,
    trustedProxies: ["127.0.0.1"],
    allowedHosts: ["maestro.example"],
  });
  const plain = { host: "maestro.example", "x-forwarded-proto": "http" };
  const page = await ask(server, "/tables/7?tab=sql", plain);
  expect(page.status).toBe(308);
  expect(page.headers["location"]).toBe("https://maestro.example/tables/7?tab=sql");
  const change = await ask(server, "/trpc/frequencies.create", plain, "POST");
  expect(change.status).toBe(403);
  expect(change.body).toContain("over https alone");
  expect((await ask(server, "/healthz")).status).toBe(200);
  // A command on the machine itself comes without a proxy, and shows a token.
  const token = { "x-api-token": await adminToken(context.deps) };
  expect((await ask(server, "/trpc/me.get", token)).status).toBe(200);
  expect((await ask(server, "/trpc/me.get", { ...token, ...plain })).status).toBe(308);
  expect((await ask(server, "/trpc/me.get", { cookie: "a=b" })).status).toBe(308);
  expect((await ask(server, "/audit.csv", token)).status).toBe(308);
  const secure = await ask(server, "/trpc/me.get", { ...plain, "x-forwarded-proto": "https" });
  expect(secure.status).toBe(401);
  expect(secure.headers["strict-transport-security"]).toContain("max-age=");
});

test("other names than those allowed reach nothing, also through the proxy", async () => {
  const server = await start({ trustedProxies: ["127.0.0.1"], allowedHosts: ["maestro.example"] });
  const status = async (headers: Record<string, string>, path = "/trpc/me.get") =>
    (await ask(server, path, headers)).status;
  expect(await status({ host: "maestro.example" })).toBe(401);
  expect(await status({ host: "maestro.example:8443" })).toBe(401);
  expect(await status({ host: "localhost" })).toBe(401);
  expect(await status({ host: "evil.example" })).toBe(403);
  expect(await status({ host: "internal:3000", "x-forwarded-host": "maestro.example" })).toBe(401);
  expect(await status({ host: "internal:3000", "x-forwarded-host": "evil.example" })).toBe(403);
  // A probe comes by address.
  expect(await status({ host: "10.1.2.3:3000" }, "/healthz")).toBe(200);
});
