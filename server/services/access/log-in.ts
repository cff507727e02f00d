import { randomInt } from "node:crypto";
import { MaestroError } from "../../../shared/errors.ts";
import type { AskedLogin, LoginApproval, LoginView } from "../../../shared/login.ts";
import type { Me } from "../../../shared/user.ts";
import type { Db } from "../../db/client.ts";
import {
  approveLoginRow,
  deleteWaitingLogin,
  insertLogin,
  selectLogin,
  takeLogin,
} from "../../db/logins.ts";
import { randomToken, sha256 } from "../../support/crypto.ts";
import { recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { createToken } from "./create-token.ts";

/*
 * A command line asks, and gets a code and a secret. Its user types the code into the web app: no link
 * carries it, so that nobody approves what somebody else sent them. They see whence it was asked, choose
 * what it may do, and approve. The command line shows the secret, and gets an API token of theirs: it is
 * made then, so that its text is stored nowhere. Without an approval all ends in minutes.
 */

const lifetimeSeconds = 600;
const bounds = { lifetimeSeconds, perAddress: 20, most: 1_000 };
const tokenDays = 90;
const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

export async function askLogin(
  deps: Pick<Deps, "db">,
  asker: { machine: string; address: string },
): Promise<AskedLogin> {
  const code = `${randomLetters()}-${randomLetters()}`;
  const secret = randomToken();
  await insertLogin(deps.db, { code, ...asker, secretSha256: sha256(secret) }, bounds);
  return { code, secret, expiresInSeconds: lifetimeSeconds };
}

export async function getLogin(deps: Pick<Deps, "db">, code: string): Promise<LoginView> {
  const found = await selectLogin(deps.db, code);
  if (!found) throw gone(code);
  const { machine, address, expiresAt, approvedBy } = found;
  const askedAt = new Date(expiresAt.getTime() - lifetimeSeconds * 1_000).toISOString();
  return { code, machine, address, askedAt, approved: approvedBy !== null };
}

export async function approveLogin(
  deps: Pick<Deps, "db">,
  { code, scope }: LoginApproval,
  user: Pick<Me, "id" | "email" | "isAdmin">,
): Promise<void> {
  if (scope === "admin" && !user.isAdmin) {
    throw new MaestroError("forbidden", "only admins may let a command line do what admins may", {
      field: "scope",
    });
  }
  await deps.db.transaction(async (tx) => {
    const approved = await approveLoginRow(tx, { code, scope, userId: user.id });
    if (!approved) throw gone(code);
    await recordLogin(tx, user, "login.approve", { ...approved, scope });
  });
}

/** Whoever asked learns of it when they ask again. */
export async function refuseLogin(
  deps: Pick<Deps, "db">,
  code: string,
  user: Pick<Me, "id" | "email">,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const refused = await deleteWaitingLogin(tx, code);
    if (!refused) throw gone(code);
    await recordLogin(tx, user, "login.refuse", { ...refused });
  });
}

function recordLogin(
  tx: Db,
  user: Pick<Me, "id" | "email">,
  action: "login.approve" | "login.refuse",
  detail: Record<string, unknown>,
): Promise<void> {
  const actor = { userId: user.id, name: user.email };
  return recordChange(tx, actor, { action, subjectKind: "login", subjectId: null, detail });
}

/** The token of an approved login, once; null while nobody has approved it. */
export async function claimLogin(
  deps: Pick<Deps, "db">,
  secret: string,
): Promise<{ token: string | null }> {
  return deps.db.transaction(async (tx) => {
    const taken = await takeLogin(tx, sha256(secret));
    if (taken === null) throw gone(null);
    if (taken === "waiting") return { token: null };
    const { machine, scope, user } = taken;
    const issued = await createToken({ db: tx }, user, {
      name: `maestro login on ${machine}`,
      scopes: [scope],
      expiresDays: tokenDays,
    });
    return { token: issued.token };
  });
}

function randomLetters(): string {
  return Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("");
}

function gone(code: string | null): MaestroError {
  const which = code === null ? "this login" : `the login ${code}`;
  const message = `${which} is not there: it was refused, approved already or has ended; start again with maestro login`;
  return new MaestroError("notFound", message);
}
