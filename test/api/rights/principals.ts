import { eq, sql } from "drizzle-orm";
import { apiTokens } from "../../../drizzle/schema/users.ts";
import { sessionCookieName } from "../../../server/api/http/session-request.ts";
import { createToken } from "../../../server/services/access/create-token.ts";
import { encodeSession } from "../../../server/services/access/session-cookie.ts";
import type { Deps } from "../../../server/services/deps.ts";
import type { TokenScope } from "../../../shared/user.ts";
import { addUser } from "../support.ts";

/** Everybody who may call, with what they are. A token's name begins with whose it is. */
export const principals = {
  anonymous: "who sends nothing",
  waiting: "the session of a user whom no admin has enabled yet",
  disabled: "the session of an admin who was disabled, a member",
  disabledToken: "their token with the scope admin",
  expiredToken: "a member's token with the scope write, after its end",
  revokedToken: "a member's token with the scope write, revoked",
  roomToken: "what a room shows: no credential of the API",
  stranger: "a member of another group",
  groupless: "a user in no group",
  owner: "who made the table and started the run, in no group",
  member: "a member of the table's group",
  admin: "an admin in no group",
  strangerWriteToken: "a stranger's token with the scope write",
  memberReadToken: "a member's token with the scope read",
  memberWriteToken: "a member's token with the scope write",
  memberAdminToken: "a member's token with the scope admin, from when they were an admin",
  adminReadToken: "an admin's token with the scope read",
  adminWriteToken: "an admin's token with the scope write",
  adminToken: "an admin's token with the scope admin",
} as const;
export type Principal = keyof typeof principals;
export const everybody = Object.keys(principals) as Principal[];

type User = Awaited<ReturnType<typeof addUser>>;

/** The people whose rows the calls are about. */
export interface People {
  owner: User;
  member: User;
  stranger: User;
  groupId: number;
  otherGroupId: number;
}

/** All of them, with the headers that they send; `ids`: whom the audit log is to name. */
export async function makePrincipals(deps: Deps, origin: string) {
  const member = await addUser(deps, "member@test", { groups: ["owners"] });
  const stranger = await addUser(deps, "stranger@test", { groups: ["others"] });
  const admin = await addUser(deps, "admin@test", { isAdmin: true });
  const owner = await addUser(deps, "owner@test");
  const groupless = await addUser(deps, "groupless@test");
  const waiting = await addUser(deps, "waiting@test", { disabled: true });
  const off = { isAdmin: true, disabled: true, groups: ["owners"] };
  const disabled = await addUser(deps, "disabled@test", off);

  const headers = new Map<Principal, Record<string, string>>();
  const ids = new Map<Principal, number>();
  const session = async (name: Principal, user: User) => {
    const cookie = `${sessionCookieName("test", false)}=${await encodeSession(deps, user.id)}`;
    headers.set(name, { cookie, origin });
    ids.set(name, user.id);
  };
  const token = async (name: Principal, user: User, scope: TokenScope) => {
    // Who makes one with the scope admin is an admin then, whatever they are later.
    const input = { name, scopes: [scope], expiresDays: 1 };
    const made = await createToken(deps, { ...user, isAdmin: true }, input);
    headers.set(name, { "x-api-token": made.token });
    ids.set(name, user.id);
    return made.id;
  };
  const end = (id: number, column: "expiresAt" | "revokedAt") =>
    deps.db
      .update(apiTokens)
      .set({ [column]: sql`now() - interval '1 second'` })
      .where(eq(apiTokens.id, id));

  headers.set("anonymous", {});
  headers.set("roomToken", { authorization: "Bearer room-7f3a.5a1c9f0b" });
  const people = { owner, member, stranger, groupless, admin, waiting, disabled };
  for (const [name, user] of Object.entries(people)) await session(name as Principal, user);
  await token("disabledToken", disabled, "admin");
  await end(await token("expiredToken", member, "write"), "expiresAt");
  await end(await token("revokedToken", member, "write"), "revokedAt");
  await token("strangerWriteToken", stranger, "write");
  await token("memberReadToken", member, "read");
  await token("memberWriteToken", member, "write");
  await token("memberAdminToken", member, "admin");
  await token("adminReadToken", admin, "read");
  await token("adminWriteToken", admin, "write");
  await token("adminToken", admin, "admin");
  const groupId = member.groupIds[0]!;
  return { headers, ids, owner, member, stranger, groupId, otherGroupId: stranger.groupIds[0]! };
}
