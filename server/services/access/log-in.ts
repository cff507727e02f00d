import { randomInt } from "node:crypto";
import { MaestroError } from "../../../shared/errors.ts";
import type { AskedLogin, LoginView } from "../../../shared/login.ts";
import type { Me } from "../../../shared/user.ts";
import { approveLoginRow, insertLogin, selectLogin, takeLogin } from "../../db/logins.ts";
import { randomToken, sha256 } from "../../support/crypto.ts";
import { recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { createToken } from "./create-token.ts";

/*
 * A command line asks, and gets a code and a secret. Somebody who is signed in to the web app sees the
 * code there, compares it, and approves. The command line shows the secret, and gets an API token of
 * theirs: it is made then, so that its text is stored nowhere. Without an approval all ends in minutes.
 */

const lifetimeSeconds = 600;
/** More at once are nobody's commands. */
const mostOpen = 1_000;
const tokenDays = 90;
const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

export async function askLogin(
  deps: Pick<Deps, "db">,
  { machine }: { machine: string },
): Promise<AskedLogin> {
  const code = `${randomLetters()}-${randomLetters()}`;
  const secret = randomToken();
  const login = { code, machine, secretSha256: sha256(secret) };
  if (!(await insertLogin(deps.db, login, { lifetimeSeconds, most: mostOpen }))) {
    const message = "too many logins wait to be approved: try again in ten minutes";
    throw new MaestroError("rateLimited", message, { retryAfterMs: lifetimeSeconds * 1_000 });
  }
  return { code, secret, expiresInSeconds: lifetimeSeconds };
}

export async function getLogin(deps: Pick<Deps, "db">, code: string): Promise<LoginView> {
  const found = await selectLogin(deps.db, code);
  if (!found) throw gone(code);
  return { code, machine: found.machine, approved: found.approvedBy !== null };
}

export async function approveLogin(
  deps: Pick<Deps, "db">,
  code: string,
  user: Pick<Me, "id" | "email">,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const approved = await approveLoginRow(tx, code, user.id);
    if (!approved) throw gone(code);
    await recordChange(
      tx,
      { userId: user.id, name: user.email },
      {
        action: "login.approve",
        subjectKind: "login",
        subjectId: null,
        detail: { machine: approved.machine },
      },
    );
  });
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
    const { machine, user } = taken;
    const issued = await createToken({ db: tx }, user, {
      name: `maestro login on ${machine}`.slice(0, 100),
      scopes: [user.isAdmin ? "admin" : "write"],
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
  const message = `${which} has ended, or was approved already: start again with maestro login`;
  return new MaestroError("notFound", message);
}
