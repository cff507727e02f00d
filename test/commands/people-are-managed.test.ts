import { Writable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tables } from "../../drizzle/schema/tables.ts";
import { createToken } from "../../server/services/access/create-token.ts";
import { ensureLocalAdmin } from "../../server/services/access/ensure-local-admin.ts";
import { revokeAnyToken } from "../../server/services/access/revoke-token.ts";
import type { GroupView, UserView } from "../../shared/user.ts";
import { addUser } from "../api/support.ts";
import { insertCatalog } from "../support/catalog.ts";
import { type CommandServer, createCommandLine, startCommandServer } from "./support.ts";

let at: CommandServer;
let warnings = "";

beforeAll(async () => {
  at = await startCommandServer();
  await addUser(at.deps, "Ann@example.com", { disabled: true });
  await addUser(at.deps, "bob@example.com");
});

afterAll(() => at.close());

function maestro(line: string, as = at.env.MAESTRO_TOKEN): Promise<string> {
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      warnings += chunk;
      done();
    },
  });
  const run = createCommandLine(at.deps, { stderr });
  return run(line.split(" "), { MAESTRO_URL: at.url, MAESTRO_TOKEN: as });
}

async function listed<T>(noun: string): Promise<T[]> {
  return JSON.parse(await maestro(`${noun} list --json`)) as T[];
}

test("users are listed, let in, made admins and shut out", async () => {
  expect((await maestro("users list")).split("\n")[1]).toMatch(/^Ann@example.com .*waiting/);
  expect(await maestro("users enable ann@example.com")).toBe("Ann@example.com is enabled\n");
  expect(await maestro("users admin bob@example.com")).toContain("bob@example.com is an admin");
  await maestro("users admin bob@example.com --remove");
  const [changed] = JSON.parse(await maestro("users disable bob@example.com --json")) as UserView[];
  expect(changed).toMatchObject({ email: "bob@example.com", state: "disabled", isAdmin: false });
  const misspelt = maestro("users enable bob@example.com nobody@example.com");
  await expect(misspelt).rejects.toThrow("there is no user nobody@example.com");
  const bob = (await listed<UserView>("users")).find(({ email }) => email === "bob@example.com");
  expect(bob?.state).toBe("disabled");
  await expect(maestro("users disable admin@localhost")).rejects.toThrow("last enabled admin");
});

test("groups are made, filled, renamed and deleted", async () => {
  expect(await maestro("groups create finance")).toBe("the group finance is made\n");
  await maestro("groups add finance ann@example.com bob@example.com");
  await maestro("groups remove finance bob@example.com");
  expect(await maestro("groups rename finance controlling")).toContain("controlling now");
  const group = (await listed<GroupView>("groups")).find(({ name }) => name === "controlling");
  expect(group).toMatchObject({ memberCount: 1, tableCount: 0 });
  await maestro("groups channel controlling #money");
  await expect(maestro("groups channel controlling")).rejects.toThrow("name a channel, or say");
  expect(await maestro("groups list")).toMatch(/controlling +1 +0 +money\n/);
  await maestro("groups channel controlling --none");
  expect(await maestro("groups list")).not.toContain("money");
  await insertCatalog(at.deps.db, [{ name: "held", groupId: group!.id }]);
  await expect(maestro("groups delete controlling")).rejects.toThrow("owns d.held");
  await at.deps.db.update(tables).set({ groupId: null });
  expect(await maestro("groups delete controlling")).toBe("the group controlling is deleted\n");
  await expect(maestro("groups add controlling bob@example.com")).rejects.toThrow(
    "there is no group controlling; there are: default",
  );
});

test("who uses a token that ends soon is told on standard error, once a command", async () => {
  expect(warnings).toBe("");
  const user = await addUser(at.deps, "late@example.com");
  const input = { name: "t", scopes: ["read" as const], expiresDays: 2 };
  const ending = (await createToken(at.deps, user, input)).token;
  expect(JSON.parse(await maestro("groups list --json", ending))).toHaveLength(1);
  expect(warnings).toMatch(
    /^maestro: this API token ends at \d{4}-\d\d-\d\d \d\d:\d\d UTC: make another before\n$/,
  );
});

test("on the machine itself a revoked token is replaced, and the command goes on", async () => {
  const { deps } = at;
  const admin = await ensureLocalAdmin(deps);
  const make = () => createToken(deps, admin, { name: "kept", scopes: ["admin"], expiresDays: 30 });
  const kept = await make();
  const refusals: (string | undefined)[] = [];
  const findLocalServer = async (_directory?: string, refused?: string) => {
    refusals.push(refused);
    const issued = refused === undefined ? kept : await make();
    return { url: at.url, token: issued.token };
  };
  await revokeAnyToken(deps, kept.id, { userId: admin.id, name: admin.email });
  const run = createCommandLine(deps, { findLocalServer });
  expect(JSON.parse(await run(["users", "list", "--json"]))).toHaveLength(4);
  expect(refusals).toEqual([undefined, kept.token]);
});
