import type { Me, TokenScope } from "../../../shared/user.ts";

/**
 * Who asks. A session may do whatever its user may; a token only what its scopes name as well.
 * `refusal` says why presented credentials were not accepted, for those procedures that need some.
 */
export type Principal =
  | { kind: "anonymous"; refusal: string | null }
  | { kind: "session"; user: Me }
  | { kind: "token"; user: Me; scopes: TokenScope[]; tokenId: number; expiresAt: Date | null };

export type SignedIn = Exclude<Principal, { kind: "anonymous" }>;
