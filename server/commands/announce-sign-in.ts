import { MaestroError } from "../../shared/errors.ts";
import type { Config } from "../config.ts";
import { ensureBootToken } from "../services/access/boot-token.ts";
import { issueSignInToken } from "../services/access/issue-sign-in-token.ts";
import type { Deps } from "../services/deps.ts";
import { readSettings } from "../services/settings/read-settings.ts";
import { isLoopback, signsInByLink } from "./loopback.ts";

/**
 * The lines that tell whoever started this server where people use it, where that is set and another
 * address than its own, and how to sign in: by a link that works once; or, where
 * links are off and nobody could sign in yet, with the boot token, which is in the log as well, as
 * servers without a terminal have no other place. Empty where people sign in through Google.
 */
export async function announceSignIn(deps: Deps, config: Config, url: string): Promise<string> {
  const { "web.publicUrl": publicUrl } = await readSettings(deps, ["web.publicUrl"]);
  const used = publicUrl === null || publicUrl === url ? "" : `  People use ${publicUrl}\n`;
  if (signsInByLink(config))
    return used + (await announceLink(deps, linkBase(config, url, publicUrl)));
  const bootToken = await ensureBootToken(deps);
  if (bootToken === null) return used;
  deps.log.warn(
    { bootToken },
    "nobody can sign in yet: open the web app and enter this boot token with the OAuth client",
  );
  return `${used}  Nobody can sign in yet. Open the web app, and enter the OAuth client with\n  the boot token: ${bootToken}\n`;
}

/** The own address is no way in where it is every address of the machine, or leads on to https. */
function linkBase({ listen, forceSsl }: Config, url: string, publicUrl: string | null): string {
  return isLoopback(listen.host) && !forceSsl ? url : (publicUrl ?? url);
}

/** Admins may have shut the local admin out: the server runs for the others all the same. */
async function announceLink(deps: Deps, url: string): Promise<string> {
  try {
    return `  Sign in (works once): ${url}/auth/token?token=${await issueSignInToken(deps)}\n`;
  } catch (error) {
    if (!(error instanceof MaestroError) || error.code !== "forbidden") throw error;
    return `  No link to sign in: ${error.message}\n`;
  }
}
