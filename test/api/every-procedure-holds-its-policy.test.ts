import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessionCookieName } from "../../server/api/http/auth-routes.ts";
import { appRouter } from "../../server/api/router.ts";
import { createCallerFactory, router, undeclaredProcedure } from "../../server/api/trpc.ts";
import { createToken } from "../../server/services/access/create-token.ts";
import { encodeSession } from "../../server/services/access/session-cookie.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import type { TokenScope } from "../../shared/user.ts";
import {
  addUser,
  call,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

/** Who calls; `member` is in the group of the table, `other` in another group. */
const roles = [
  "anonymous",
  "disabled",
  "other",
  "member",
  "admin",
  "readToken",
  "writeToken",
  "adminToken",
] as const;
type Role = (typeof roles)[number];

const allowed: Record<string, readonly Role[]> = {
  public: roles,
  signedIn: ["other", "member", "admin"],
  read: ["other", "member", "admin", "readToken", "writeToken", "adminToken"],
  write: ["other", "member", "admin", "writeToken", "adminToken"],
  writeTable: ["member", "admin", "writeToken", "adminToken"],
  admin: ["admin", "adminToken"],
};

/** What each procedure is meant to ask; a new one has to be written down here. */
const expected: Record<string, string> = {
  "audit.list": "admin",
  "costs.summary": "read",
  "databases.browse": "write",
  "databases.create": "admin",
  "databases.list": "read",
  "databases.remove": "admin",
  "databases.test": "admin",
  "databases.update": "admin",
  "datasets.list": "read",
  events: "read",
  "frequencies.byName": "read",
  "frequencies.create": "admin",
  "frequencies.list": "read",
  "frequencies.preview": "read",
  "frequencies.remove": "admin",
  "frequencies.update": "admin",
  "groups.list": "read",
  "jobs.list": "read",
  "lineage.graph": "read",
  "me.get": "read",
  "runs.cancel": "write",
  "runs.get": "read",
  "runs.graph": "read",
  "runs.list": "read",
  "runs.resume": "write",
  "runs.tableRun": "read",
  "runs.start": "write",
  "system.demo": "read",
  "system.home": "read",
  "system.info": "read",
  "system.loadDemo": "admin",
  "tables.byName": "read",
  "tables.create": "write",
  "tables.dryRun": "read",
  "tables.export": "writeTable",
  "tables.extract": "read",
  "tables.get": "read",
  "tables.jobs": "read",
  "tables.lineage": "read",
  "tables.list": "read",
  "tables.loadExternal": "writeTable",
  "tables.plan": "read",
  "tables.preview": "read",
  "tables.reimport": "writeTable",
  "tables.remove": "writeTable",
  "tables.restore": "writeTable",
  "tables.run": "writeTable",
  "tables.sheet": "writeTable",
  "tables.status": "read",
  "tables.update": "writeTable",
  "tables.uploadUrl": "writeTable",
  "tables.versions": "read",
  "tokens.create": "signedIn",
  "tokens.list": "signedIn",
  "tokens.revoke": "signedIn",
  "transfers.cancel": "write",
  "transfers.get": "read",
  "transfers.list": "read",
  "users.list": "read",
};

test("a procedure without a policy is refused to everyone, admins too", async () => {
  const forgetful = router({ open: undeclaredProcedure.query(() => "secret") });
  const admin = { id: 1, email: "a@b", name: "", isAdmin: true, groups: [] };
  const caller = createCallerFactory(forgetful)({
    principal: { kind: "session", user: admin },
  } as never);
  await expect(caller.open()).rejects.toMatchObject({ code: "FORBIDDEN" });
});

interface Procedure {
  _def: { meta?: { policy?: string }; type: "query" | "mutation" | "subscription" };
}

const procedures = Object.entries(
  appRouter._def.procedures as unknown as Record<string, Procedure>,
);

test("every procedure declares a policy, the one that is meant", () => {
  const declared = Object.fromEntries(
    procedures.map(([path, { _def }]) => [path, _def.meta?.policy]),
  );
  expect(declared).toEqual(expected);
});

describe("each role gets as far as the policy says", () => {
  let context: TestDeps;
  let server: TestServer;
  let makeTable: (name: string) => Promise<number>;
  const headers = new Map<Role, Record<string, string>>();

  beforeAll(async () => {
    context = await createTestDeps();
    const { deps } = context;
    server = await startTestServer(deps);
    const member = await addUser(deps, "member@test", { groups: ["owners"] });
    const other = await addUser(deps, "other@test", { groups: ["others"] });
    const admin = await addUser(deps, "admin@test", { isAdmin: true });
    const disabled = await addUser(deps, "disabled@test", { isAdmin: true, disabled: true });
    const session = async (id: number) => ({
      cookie: `${sessionCookieName("test", false)}=${await encodeSession(deps, id)}`,
      origin: server.url,
    });
    const token = async (user: typeof member, scopes: TokenScope[]) => ({
      "x-api-token": (await createToken(deps, user, { name: "t", scopes, expiresDays: 1 })).token,
    });
    headers.set("anonymous", {});
    headers.set("disabled", await session(disabled.id));
    headers.set("other", await session(other.id));
    headers.set("member", await session(member.id));
    headers.set("admin", await session(admin.id));
    headers.set("readToken", await token(admin, ["read"]));
    headers.set("writeToken", await token(member, ["write"]));
    headers.set("adminToken", await token(admin, ["admin"]));
    makeTable = async (name) => {
      const query = "select 1 as one";
      const groupId = member.groupIds[0]!;
      const actor = { userId: member.id, name: member.email };
      const definition = { dataset: "shop", name, kind: "summary", query, groupId } as const;
      return (await createTable(deps, definition, actor)).id;
    };
  });

  afterAll(async () => {
    await server.close();
    await context.close();
  });

  // Inputs that every policy lets through to a refusal of its own: what counts is only whether
  // the caller is turned away before it is read.
  test.each(procedures.filter(([, { _def }]) => _def.type !== "subscription"))(
    "%s",
    async (path, { _def }) => {
      const policy = _def.meta?.policy ?? "none";
      const wanted = Object.fromEntries(
        roles.map((role) => [role, allowed[policy]?.includes(role) ?? false]),
      );
      const got: Record<string, boolean> = {};
      const tableId = policy === "writeTable" ? await makeTable(path.replace(".", "_")) : 0;
      for (const role of roles) {
        const input = policy === "writeTable" ? { id: tableId, version: "no" } : { id: "no" };
        const { status } = await call(server, path, input, {
          method: _def.type === "mutation" ? "POST" : "GET",
          headers: headers.get(role) ?? {},
        });
        got[role] = status !== 401 && status !== 403;
      }
      expect(got).toEqual(wanted);
    },
  );

  test("the tables of another group are refused by name, missing ones as missing", async () => {
    const post = (id: number, role: Role) =>
      call(server, "tables.remove", { id }, { method: "POST", headers: headers.get(role) ?? {} });
    const refused = await post(await makeTable("orders"), "other");
    expect(refused.body.error).toMatchObject({
      message: expect.stringContaining("orders"),
      data: { code: "forbidden", httpStatus: 403 },
    });
    const missing = await post(999_999, "other");
    expect(missing.body.error?.data.code).toBe("notFound");
  });

  test("a member may not hand a table to a group that is not theirs", async () => {
    const definition = { dataset: "shop", name: "gift", kind: "summary", query: "select 1 as one" };
    const mine = headers.get("member") ?? {};
    const owner = await call(
      server,
      "tables.create",
      { definition: { ...definition, groupId: 999 } },
      { method: "POST", headers: mine },
    );
    expect(owner.body.error?.data).toMatchObject({ code: "forbidden", field: "groupId" });
  });
});
