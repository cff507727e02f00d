import { eq } from "drizzle-orm";
import { encode } from "next-auth/jwt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { auditLog, users } from "../../drizzle/schema/users.ts";
import { disableUser } from "../../server/services/people/disable-user.ts";
import { enableUser } from "../../server/services/people/enable-user.ts";
import { changeSettings } from "../../server/services/settings/change-settings.ts";
import type { SignInState } from "../../shared/sign-in.ts";
import { startOidcProvider, type TestProvider } from "../support/oidc-provider.ts";
import { until } from "../support/until.ts";
import {
  beginSignIn,
  createVisitor,
  passProvider,
  signIn,
  type Visitor,
} from "../support/visitor.ts";
import { createTestDeps, startTestServer, type TestDeps, type TestServer } from "./support.ts";

let context: TestDeps;
let server: TestServer;
let provider: TestProvider;

beforeAll(async () => {
  context = await createTestDeps();
  server = await startTestServer(context.deps, { signInLinks: false });
  provider = await startOidcProvider({
    redirectUris: [`${server.url}/api/auth/callback/google`],
  });
});

afterAll(async () => {
  await provider.close();
  await server.close();
  await context.close();
});

beforeEach(async () => {
  await context.deps.db.delete(users);
  await changeSettings(
    context.deps,
    { userId: null, name: "test" },
    {
      "oauth.clientId": provider.clientId,
      "oauth.clientSecret": provider.clientSecret,
      "oauth.issuer": provider.issuer,
      "network.allowed": "127.0.0.0/8",
      "oauth.domains": "example.com, example.org",
    },
  );
});

const refused = (refusal: string) => `/sign-in?refused=${refusal}`;

async function me(
  visitor: Visitor,
): Promise<{ status: number; email?: string; isAdmin?: boolean }> {
  const response = await visitor.get(`${server.url}/trpc/me.get`);
  const { result } = (await response.json()) as { result?: { data: object } };
  return { status: response.status, ...result?.data };
}

async function state(visitor: Visitor): Promise<SignInState> {
  return (await (await visitor.get(`${server.url}/auth/state`)).json()) as SignInState;
}

test("the first to sign in is admin of the group default, and comes back to where they were", async () => {
  const visitor = createVisitor();
  expect(await signIn(visitor, server.url, "ann@example.com")).toBe(`${server.url}/tables`);
  expect(await me(visitor)).toMatchObject({
    email: "ann@example.com",
    isAdmin: true,
    groups: [{ name: "default" }],
  });
});

test("later ones wait for an admin, whom their session then needs no second sign-in", async () => {
  await signIn(createVisitor(), server.url, "ann@example.com");
  const visitor = createVisitor();
  await signIn(visitor, server.url, "bob@example.com");
  expect((await me(visitor)).status).toBe(401);
  expect(await state(visitor)).toMatchObject({ waiting: { email: "bob@example.com" } });
  await context.deps.db
    .update(users)
    .set({ disabled: false })
    .where(eq(users.email, "bob@example.com"));
  expect(await me(visitor)).toMatchObject({ status: 200, isAdmin: false });
  expect(await state(visitor)).toMatchObject({ waiting: null });
});

test("of fifty who sign in first at once, one is admin and the others wait", async () => {
  const ready = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const visitor = createVisitor();
      const url = await beginSignIn(visitor, server.url);
      return { visitor, back: await passProvider(visitor, url, `u${index}@example.com`) };
    }),
  );
  await Promise.all(ready.map(({ visitor, back }) => visitor.get(back)));
  const rows = await context.deps.db.select().from(users);
  expect(rows).toHaveLength(50);
  expect(rows.filter(({ isAdmin }) => isAdmin)).toHaveLength(1);
  expect(rows.filter(({ disabled }) => !disabled)).toHaveLength(1);
});

test("an address of another domain, or one that is not verified, is refused and makes no user", async () => {
  provider.unverified.add("eve@example.com");
  const attempts = [
    ["eve@example.net", "wrongDomain"],
    ["eve@notexample.com", "wrongDomain"],
    ["eve@sub.example.com", "wrongDomain"],
    ["eve@example.com", "unverified"],
    ["nobody", "cancelled"],
  ] as const;
  for (const [email, refusal] of attempts) {
    const visitor = createVisitor();
    expect(await signIn(visitor, server.url, email)).toBe(refused(refusal));
    expect((await me(visitor)).status).toBe(401);
  }
  expect(await context.deps.db.$count(users)).toBe(0);
});

test("the same address in another case is the same user", async () => {
  await signIn(createVisitor(), server.url, "Ann@Example.ORG");
  await signIn(createVisitor(), server.url, "ann@example.org");
  expect(await context.deps.db.$count(users)).toBe(1);
});

test("an answer with another's state, verifier or nonce signs nobody in", async () => {
  for (const part of ["state", "pkce", "nonce"]) {
    const victim = createVisitor();
    const attacker = createVisitor();
    const back = await passProvider(
      victim,
      await beginSignIn(victim, server.url),
      "ann@example.com",
    );
    await beginSignIn(attacker, server.url);
    const name = `maestro_${part}_test`;
    victim.cookies.set(name, attacker.cookies.get(name) ?? "");
    const answer = await victim.get(back);
    expect([part, answer.headers.get("location")]).toEqual([part, refused("interrupted")]);
    expect((await me(victim)).status).toBe(401);
  }
});

test("an answer that was begun elsewhere, is tampered with or comes twice signs nobody in", async () => {
  const visitor = createVisitor();
  const back = await passProvider(
    visitor,
    await beginSignIn(visitor, server.url),
    "ann@example.com",
  );
  const stranger = await createVisitor().get(back);
  expect(stranger.headers.get("location")).toBe(refused("interrupted"));
  const kept = new Map(visitor.cookies);
  expect((await visitor.get(back)).headers.get("location")).toBe(`${server.url}/tables`);
  // The browser has forgotten what the answer is held against; whoever has not meets a spent code.
  expect((await visitor.get(back)).headers.get("location")).toBe(refused("interrupted"));
  const replayer = createVisitor();
  for (const [name, value] of kept) replayer.cookies.set(name, value);
  expect((await replayer.get(back)).headers.get("location")).toBe(refused("interrupted"));
  expect((await me(replayer)).status).toBe(401);
});

test("a sign-in cannot be begun without this page's token, nor lead elsewhere", async () => {
  const visitor = createVisitor();
  const answer = await visitor.post(`${server.url}/api/auth/signin/google`, { csrfToken: "x" });
  expect(await answer.json()).toEqual({ url: refused("interrupted") });

  const url = `${server.url}/api/auth/signin/google`;
  const { csrfToken } = (await (await visitor.get(`${server.url}/api/auth/csrf`)).json()) as never;
  const begun = await visitor.post(url, { csrfToken, callbackUrl: "https://evil.example/" });
  const { url: providerUrl } = (await begun.json()) as { url: string };
  const back = await passProvider(visitor, providerUrl, "ann@example.com");
  const end = new URL((await visitor.get(back)).headers.get("location") ?? "");
  expect(end.origin).toBe(server.url);
});

test("a session that was signed out of is over, also for a copy of its cookie", async () => {
  const visitor = createVisitor();
  await signIn(visitor, server.url, "ann@example.com");
  const copy = createVisitor();
  for (const [name, value] of visitor.cookies) copy.cookies.set(name, value);
  expect((await me(copy)).status).toBe(200);
  await visitor.post(`${server.url}/auth/sign-out`, {});
  expect(visitor.cookies.has("maestro_session_test")).toBe(false);
  expect((await me(copy)).status).toBe(401);
});

test("an expired session, or one under another secret, is none", async () => {
  await signIn(createVisitor(), server.url, "ann@example.com");
  const [ann] = await context.deps.db.select({ id: users.id }).from(users);
  const token = { sub: String(ann?.id) };
  const secret = context.deps.secretBox.derive("session");
  const cases: [number, string][] = [
    [200, await encode({ token, secret, maxAge: 60 })],
    [401, await encode({ token, secret, maxAge: -60 })],
    [401, await encode({ token, secret: context.deps.secretBox.derive("other"), maxAge: 60 })],
  ];
  for (const [status, cookie] of cases) {
    const visitor = createVisitor();
    visitor.cookies.set("maestro_session_test", cookie);
    expect((await me(visitor)).status).toBe(status);
  }
});

test("who signed in, and who was made by it, is in the audit log", async () => {
  await signIn(createVisitor(), server.url, "ann@example.com");
  await signIn(createVisitor(), server.url, "bob@example.com");
  const log = await context.deps.db.select().from(auditLog).orderBy(auditLog.id);
  const lines = log.slice(-3).map(({ action, actor, detail }) => ({ action, actor, ...detail }));
  expect(lines).toEqual([
    expect.objectContaining({ action: "user.create", actor: "ann@example.com", isAdmin: true }),
    { action: "signIn", actor: "ann@example.com" },
    expect.objectContaining({ action: "user.create", actor: "bob@example.com", disabled: true }),
  ]);
});

test("another person who has got an address is refused, until an admin gives them the account", async () => {
  await signIn(createVisitor(), server.url, "ann@example.com");
  await signIn(createVisitor(), server.url, "bob@example.com");
  const { db } = context.deps;
  const [bob] = await db.select().from(users).where(eq(users.email, "bob@example.com"));
  const admin = { userId: null, name: "test" };
  await enableUser(context.deps, bob!.id, admin);
  expect(await signIn(createVisitor(), server.url, "bob@example.com")).toContain("/tables");
  // A later colleague of the same name.
  provider.addresses.set("bob-the-second", "bob@example.com");
  const visitor = createVisitor();
  expect(await signIn(visitor, server.url, "bob-the-second")).toBe(refused("otherPerson"));
  expect((await me(visitor)).status).toBe(401);
  await disableUser(context.deps, bob!.id, admin, { localAdminSignsIn: true });
  await enableUser(context.deps, bob!.id, admin);
  expect(await signIn(visitor, server.url, "bob-the-second")).toContain("/tables");
  expect(await signIn(createVisitor(), server.url, "bob@example.com")).toBe(refused("otherPerson"));
});

test("who was disabled is told that, and not to wait", async () => {
  await signIn(createVisitor(), server.url, "ann@example.com");
  const visitor = createVisitor();
  await signIn(visitor, server.url, "bob@example.com");
  const [bob] = await context.deps.db
    .select()
    .from(users)
    .where(eq(users.email, "bob@example.com"));
  const rules = { localAdminSignsIn: true };
  await disableUser(context.deps, bob!.id, { userId: null, name: "test" }, rules);
  expect(await state(visitor)).toMatchObject({
    waiting: null,
    disabled: { email: "bob@example.com" },
  });
  const answer = await visitor.get(`${server.url}/trpc/me.get`);
  expect(await answer.text()).toContain(
    "bob@example.com may not come in: an admin has disabled it",
  );
});

test("sessions of people whose domain is no longer allowed end at once", async () => {
  const inside = createVisitor();
  const outside = createVisitor();
  await signIn(inside, server.url, "ann@example.com");
  await signIn(outside, server.url, "eve@example.org");
  await context.deps.db.update(users).set({ disabled: false });
  expect((await me(outside)).status).toBe(200);
  // Cookies know whole seconds.
  const signedIn = Math.floor(Date.now() / 1_000);
  await until(
    "the second of the sign-in is over",
    async () => Date.now() > (signedIn + 1) * 1_000 + 100,
  );
  const actor = { userId: null, name: "test" };
  await changeSettings(context.deps, actor, { "oauth.domains": "example.com" });
  expect((await me(outside)).status).toBe(401);
  expect((await me(inside)).status).toBe(200);
  expect(await signIn(outside, server.url, "eve@example.org")).toBe(refused("wrongDomain"));
});

test("sign-outs, and refused sign-ins of people whom the provider names, are in the audit log", async () => {
  const visitor = createVisitor();
  await signIn(visitor, server.url, "ann@example.com");
  await visitor.post(`${server.url}/auth/sign-out`, {});
  await signIn(createVisitor(), server.url, "eve@example.net");
  await createVisitor().get(`${server.url}/api/auth/callback/google?code=x&state=y`);
  const log = await context.deps.db.select().from(auditLog).orderBy(auditLog.id);
  expect(log.slice(-2).map(({ action, actor, detail }) => ({ action, actor, ...detail }))).toEqual([
    { action: "signOut", actor: "ann@example.com" },
    {
      action: "signIn.refused",
      actor: "eve@example.net",
      email: "eve@example.net",
      refusal: "wrongDomain",
    },
  ]);
});
