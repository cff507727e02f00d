import { MaestroError } from "../../../shared/errors.ts";
import { type SettingChanges, settings } from "../../../shared/settings.ts";
import { getGuarded } from "../../connectors/guarded-connection.ts";
import { type AnsweredAddresses, publicUrlFault } from "../../support/public-url.ts";
import type { Deps } from "../deps.ts";
import { assertChanges } from "./change-settings.ts";
import { readSettings } from "./read-settings.ts";

/**
 * Asks those whom settings name whether they are what they are taken for, before anything is stored.
 * Throws `invalidInput` naming the setting.
 */
export async function checkSettings(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
  answered: AnsweredAddresses,
  changes: SettingChanges,
): Promise<void> {
  await assertChanges(deps, deps.db, changes);
  if (changes["web.publicUrl"]) checkPublicUrl(answered, changes["web.publicUrl"]);
  const issuer = settings["oauth.issuer"].schema.safeParse(changes["oauth.issuer"]);
  if (!issuer.success) return;
  const places = changes["network.allowed"];
  const allowed =
    typeof places === "string"
      ? (settings["network.allowed"].schema.safeParse(places).data ?? [])
      : ((await readSettings(deps, ["network.allowed"]))["network.allowed"] ?? []);
  await checkIssuer(issuer.data, allowed);
}

/** Nobody who is led to an address that is not answered for would come back from it. */
export function checkPublicUrl(answered: AnsweredAddresses, text: string): void {
  const url = settings["web.publicUrl"].schema.safeParse(text).data;
  const fault = url === undefined ? null : publicUrlFault(url, answered);
  if (fault === null) return;
  const message = `${settings["web.publicUrl"].label}: ${fault}`;
  throw new MaestroError("invalidInput", message, { field: "web.publicUrl" });
}

async function checkIssuer(issuer: string, allowed: readonly string[]): Promise<void> {
  const field = "oauth.issuer";
  const address = `${issuer}/.well-known/openid-configuration`;
  const { status, text } = await getGuarded(address, { allowed }).catch((cause: unknown) => {
    const why = cause instanceof MaestroError ? cause.message : "it cannot be reached";
    throw new MaestroError("invalidInput", `Issuer: ${why}`, { field, cause });
  });
  if (status === 200 && namesItself(text, issuer)) return;
  throw new MaestroError(
    "invalidInput",
    `Issuer: ${address} answers ${status}, and is no description of the OpenID provider ${issuer}`,
    { field },
  );
}

function namesItself(text: string, issuer: string): boolean {
  try {
    const { issuer: named } = JSON.parse(text) as { issuer?: unknown };
    return typeof named === "string" && named.replace(/\/+$/, "") === issuer;
  } catch {
    return false;
  }
}
