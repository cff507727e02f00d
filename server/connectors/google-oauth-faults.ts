import { messageOf } from "../../shared/errors.ts";
import type { SignInRefusal } from "../../shared/sign-in.ts";

/** The beginnings of what next-auth, its OpenID client and providers say, and what it means here. */
const meanings: [RegExp, SignInRefusal][] = [
  [/^access_denied/, "cancelled"],
  [
    /^(invalid_client|unauthorized_client|redirect_uri|invalid_request|invalid_scope)/,
    "clientRefused",
  ],
  [/^invalid_grant/, "interrupted"],
  [/(State|PKCE|Nonce).*(cookie|value)|cookie was created for/i, "interrupted"],
  [
    /^(state|nonce) (mis|missing)|decryption operation failed|Compact JWE|"exp" claim/i,
    "interrupted",
  ],
  [/^(server_error|temporarily_unavailable)/, "providerAway"],
  [
    /is not a public address|timed out|ECONN|ENOTFOUND|EAI_AGAIN|EHOST|ENETUNREACH|socket hang up|expected 200 OK/i,
    "providerAway",
  ],
];

/**
 * What a fault that next-auth logged means to the person who signs in. It tells them apart by their
 * messages alone; of these only the beginning is kept, as some go on with the values that they compare.
 */
export function refusalOf(fault: unknown): { refusal: SignInRefusal; why: string } {
  const error = fault instanceof Error ? fault : (fault as { error?: unknown } | null)?.error;
  const code = (error as { code?: unknown } | null)?.code;
  const message = error instanceof Error ? error.message || String(code) : messageOf(error);
  const [why = ""] = message.split(", ");
  const known = meanings.find(([pattern]) => pattern.test(`${message} ${String(code ?? "")}`));
  return { refusal: known?.[1] ?? "failed", why };
}
