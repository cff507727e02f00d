import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { count, gt, max } from "drizzle-orm";
import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditLog } from "../../drizzle/schema/users.ts";
import { holdRoutesToPolicies } from "../../server/api/http/route-policies.ts";
import { appRouter } from "../../server/api/router.ts";
import { createCallerFactory, router, undeclaredProcedure } from "../../server/api/trpc.ts";
import type { Deps } from "../../server/services/deps.ts";
import { type Call, calls, routes } from "./rights/calls.ts";
import { everybody, makePrincipals, type Principal } from "./rights/principals.ts";
import { hasRight } from "./rights/rights.ts";
import { makeWorld, type World } from "./rights/world.ts";
import { createTestDeps, startTestServer, type TestDeps, type TestServer } from "./support.ts";

/*
 * Walks the router and the plain routes, and calls each as everybody, over HTTP, about rows that are
 * there. Who has the right gets what they asked for, and a change is in the audit log under their
 * name; who has it not is refused, and nothing has changed.
 */

interface Procedure {
  _def: { meta?: { policy?: string }; type: "query" | "mutation" | "subscription" };
}
const procedures = appRouter._def.procedures as unknown as Record<string, Procedure>;
const paths = Object.keys(procedures).sort();

let context: TestDeps;
let server: TestServer;
let webRoot: string;
let world: World;
let who: Awaited<ReturnType<typeof makePrincipals>>;

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), "maestro-web-"));
  await writeFile(join(webRoot, "index.html"), "<!doctype html><title>Maestro</title>");
  context = await createTestDeps();
  const uploads = new Set<string>();
  const deps = withWarehouse(context.deps, uploads);
  server = await startTestServer(deps, { webRoot, allowedHosts: [], signInLinks: true });
  who = await makePrincipals(deps, server.url);
  world = await makeWorld(deps, who, { connectionString: context.connectionString, uploads });
});

afterAll(async () => {
  await server.close();
  await context.close();
  await rm(webRoot, { recursive: true });
});

/** Deps whose warehouse and bucket answer what the calls ask. */
function withWarehouse(deps: Deps, uploads: Set<string>): Deps {
  context.answer(async () => ({}));
  const list = async (prefix: string) =>
    [...uploads]
      .filter((name) => name.startsWith(prefix))
      .map((name) => ({ name, bytes: 1, updatedAt: new Date() }));
  return { ...deps, objectStore: { ...deps.objectStore, list } };
}

async function ask(path: string, input: unknown, principal: Principal): Promise<number> {
  const headers = who.headers.get(principal) ?? {};
  const text = JSON.stringify(input);
  const { type } = procedures[path]!._def;
  if (type === "mutation") {
    return send(`/trpc/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: text,
    });
  }
  const accept = type === "subscription" ? { accept: "text/event-stream" } : {};
  const url = `/trpc/${path}?input=${encodeURIComponent(text)}`;
  return send(url, { headers: { ...headers, ...accept } });
}

/** The status; of a stream it is in its first event, where that is a refusal. */
async function send(url: string, init: RequestInit): Promise<number> {
  const response = await fetch(`${server.url}${url}`, { ...init, redirect: "manual" });
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    await response.arrayBuffer();
    return response.status;
  }
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n\n")) text += (await reader.read()).value ?? "";
  await reader.cancel();
  const refusal = /"httpStatus":(\d+)/.exec(text)?.[1];
  return refusal === undefined ? response.status : Number(refusal);
}

const signedOut: readonly Principal[] = [
  ...(["anonymous", "waiting", "disabled", "disabledToken"] as const),
  ...(["expiredToken", "revokedToken", "roomToken"] as const),
];

function expectedStatus(call: Call, principal: Principal): number {
  if (hasRight(call.right, principal)) return call.status ?? 200;
  if (signedOut.includes(principal) || call.right === "room") return 401;
  return principal.endsWith("Token") ? 403 : (call.refusal ?? 403);
}

/** The statuses that all of them get, and the lines of the audit log that it makes, by user. */
async function askAll(path: string, call: Call, asking: readonly Principal[]) {
  const inputs = await Promise.all(asking.map(async () => (await call.input?.(world)) ?? {}));
  const { db } = context.deps;
  const [last] = await db.select({ id: max(auditLog.id) }).from(auditLog);
  const answers = await Promise.all(
    asking.map(async (one, at) => [one, await ask(path, inputs[at], one)] as const),
  );
  const changes = await db
    .select({ userId: auditLog.userId, lines: count() })
    .from(auditLog)
    .where(gt(auditLog.id, last?.id ?? 0))
    .groupBy(auditLog.userId);
  return {
    statuses: Object.fromEntries(answers),
    changes: new Map(changes.map(({ userId, lines }) => [userId, lines])),
  };
}

/** What the audit log is to hold when each of them has done it, by user. */
function linesOf(call: Call, asking: readonly Principal[]): Map<number | undefined, number> {
  const counts = new Map<number | undefined, number>();
  for (const one of asking) {
    const id = who.ids.get(one);
    counts.set(id, (counts.get(id) ?? 0) + (call.lines ?? 1));
  }
  return counts;
}

test("a procedure without a policy is refused to everyone, admins too", async () => {
  const forgetful = router({ open: undeclaredProcedure.query(() => "secret") });
  const admin = { id: 1, email: "a@b", name: "", isAdmin: true, groups: [] };
  const caller = createCallerFactory(forgetful)({
    principal: { kind: "session", user: admin },
  } as never);
  await expect(caller.open()).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("every procedure and every plain route declares a policy, and has its calls written down", () => {
  expect(Object.keys(calls).sort()).toEqual(paths);
  const undeclared = paths.filter((path) => procedures[path]!._def.meta?.policy === undefined);
  expect(undeclared).toEqual([]);
  const there = server.routes
    .filter(({ method, url }) => method === "GET" || method === "POST" || isChange(method, url))
    .map(({ method, url }) => `${method} ${url}`);
  expect([...new Set(there)].sort()).toEqual(Object.keys(routes).sort());
});

/** Beside what is written below: changes by the other methods. */
function isChange(method: string, url: string): boolean {
  return (method === "PUT" || method === "DELETE") && !url.startsWith("/trpc/");
}

const cells = paths.flatMap((path) =>
  [calls[path] ?? []].flat().map((call) => ({
    path,
    call,
    name: call.what === undefined ? path : `${path}: ${call.what}`,
  })),
);

describe("as everybody", () => {
  test.each(cells)("$name", async ({ path, call }) => {
    const having = everybody.filter((one) => hasRight(call.right, one));
    const others = everybody.filter((one) => !having.includes(one));
    const isChange = procedures[path]!._def.type === "mutation" && call.changesNothing !== true;
    const refused = await askAll(path, call, others);
    expect(refused.changes, "changed by who may not").toEqual(new Map());
    const answered = await askAll(path, call, having);
    expect({ ...refused.statuses, ...answered.statuses }).toEqual(
      Object.fromEntries(everybody.map((one) => [one, expectedStatus(call, one)])),
    );
    if (isChange) expect(answered.changes).toEqual(linesOf(call, having));
  });

  test.each(
    Object.entries(routes).filter(([, call]) => call !== "perProcedure") as [string, Call][],
  )("%s", async (route, call) => {
    const [method = "GET", pattern = "/"] = route.split(" ");
    const got: Record<string, number> = {};
    const expected: Record<string, number> = {};
    for (const principal of everybody) {
      const headers = { origin: server.url, ...who.headers.get(principal) };
      const path = (await call.address?.(world)) ?? pattern.replace("*", "");
      got[principal] = await send(path, { method, headers });
      expected[principal] = expectedStatus(call, principal);
    }
    expect(got).toEqual(expected);
  });
});

test("a plain route without a policy keeps the server from starting", () => {
  const forgetful = fastify();
  holdRoutesToPolicies(forgetful, {
    principalOf: async () => ({ kind: "anonymous", refusal: null }),
    isRoom: async () => false,
    now: () => new Date(),
  });
  expect(() => forgetful.get("/forgotten", async () => "secret")).toThrow(
    "the route GET /forgotten declares no policy",
  );
});
