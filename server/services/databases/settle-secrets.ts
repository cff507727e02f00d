import type { databases } from "../../../drizzle/schema/tables.ts";
import { type DatabaseInput, tlsModes } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Deps } from "../deps.ts";
import { databaseAddress } from "./database-address.ts";

/** In the clear; null is none. */
export interface Secrets {
  password: string | null;
  tlsKey: string | null;
}

type Row = typeof databases.$inferSelect;

/**
 * The secrets that a database has after an edit: those given, else the stored ones. Whoever may edit a
 * database must not be able to have its stored secrets sent to a server of their own, or where others
 * can read them: where an edit would do that, they have to be given again.
 */
export function settleSecrets(
  deps: Pick<Deps, "secretBox">,
  before: Row | null,
  input: DatabaseInput,
): Secrets {
  const given = { password: input.password || null, tlsKey: input.tlsKey || null };
  if (!before) return given;
  const keepsPassword = input.password === undefined && before.password !== null;
  // A key without its certificate has no use, and goes with it.
  const keepsKey =
    input.tlsKey === undefined && before.tlsKey !== null && input.tlsCertificate !== null;
  const why = keepsPassword || keepsKey ? whyAskAgain(before, input) : null;
  if (why !== null) {
    const [what, field] = keepsPassword ? ["password", "password"] : ["client key", "tlsKey"];
    throw new MaestroError("invalidInput", `enter the ${what} again: it is not sent ${why}`, {
      field,
    });
  }
  if (!keepsPassword && !keepsKey) return given;
  const stored = databaseAddress(deps, before);
  return {
    password: keepsPassword ? stored.password : given.password,
    tlsKey: keepsKey ? stored.tls.key : given.tlsKey,
  };
}

/** Null where the secrets go to whom they went before, at least as well hidden. */
function whyAskAgain(before: Row, input: DatabaseInput): string | null {
  if (before.host !== input.host || before.port !== input.port || before.kind !== input.kind) {
    return "to another server unasked";
  }
  const strength = (mode: DatabaseInput["tlsMode"]) => tlsModes.indexOf(mode);
  if (strength(input.tlsMode) < strength(before.tlsMode)) {
    return `with less protection (${input.tlsMode} instead of ${before.tlsMode}) unasked`;
  }
  const verified = strength(before.tlsMode) >= strength("verify-ca");
  return verified && before.tlsCa !== input.tlsCa
    ? "to a server that another authority vouches for unasked"
    : null;
}
