import { MaestroError } from "../../../shared/errors.ts";
import type { TokenScope } from "../../../shared/user.ts";
import type { Principal, SignedIn } from "./principal.ts";

/**
 * What a procedure asks of its caller:
 * - `public`: nothing
 * - `signedIn`: a person's session; no API token, whatever its scopes
 * - `read`: a session, or a token with any scope
 * - `write`: a session, or a token with `write` or `admin`; what it may write is checked further on
 * - `writeTable`: as `write`, and the caller is an admin or in the group of the table in `input.id`
 * - `admin`: an admin's session, or an admin's token with `admin`
 */
export type Policy = "public" | "signedIn" | "read" | "write" | "writeTable" | "admin";

/** Throws unless the principal satisfies the policy; `writeTable` is only held to `write` here. */
export function authorize(policy: Exclude<Policy, "public">, principal: Principal): SignedIn {
  if (principal.kind === "anonymous") {
    throw new MaestroError("unauthenticated", principal.refusal ?? "this needs a signed-in user");
  }
  if (policy === "admin") {
    requireScope(principal, ["admin"]);
    if (!principal.user.isAdmin) throw new MaestroError("forbidden", "this is for admins");
  } else if (policy === "signedIn") {
    if (principal.kind === "token") {
      throw new MaestroError("forbidden", "API tokens may not do this: sign in to the web app");
    }
  } else if (policy !== "read") {
    requireScope(principal, ["write", "admin"]);
  }
  return principal;
}

function requireScope(principal: SignedIn, anyOf: TokenScope[]): void {
  if (principal.kind !== "token" || anyOf.some((scope) => principal.scopes.includes(scope))) return;
  throw new MaestroError(
    "forbidden",
    `this API token has the scope ${principal.scopes.join(", ")}; this needs ${anyOf.join(" or ")}`,
  );
}

/** Admins (as far as the token's scopes go) and members of the group may write its tables. */
export function mayWriteGroup(principal: SignedIn, groupId: number | null): boolean {
  if (principal.user.isAdmin) return true;
  return groupId !== null && principal.user.groups.some((group) => group.id === groupId);
}

/** The same for a table: a token needs its scope besides. */
export function mayWrite(principal: SignedIn, groupId: number | null): boolean {
  const isWriter = principal.kind === "session" || principal.scopes.some((one) => one !== "read");
  return isWriter && mayWriteGroup(principal, groupId);
}

/** Throws `forbidden` unless the principal may save tables of this group. */
export function assertMayWriteGroup(principal: SignedIn, groupId: number | null): void {
  if (mayWriteGroup(principal, groupId)) return;
  const message =
    groupId === null
      ? "only admins may save a table without a group: choose one of your groups"
      : "you are not in this group: choose one of your own";
  throw new MaestroError("forbidden", message, { field: "groupId" });
}
