/** The signed-in person, as `me.get` answers. */
export interface Me {
  id: number;
  email: string;
  name: string;
  isAdmin: boolean;
  groups: { id: number; name: string }[];
}

export const tokenScopes = ["read", "write", "admin"] as const;
export type TokenScope = (typeof tokenScopes)[number];

/** An API token as listed: never its text. */
export interface TokenView {
  id: number;
  name: string;
  scopes: TokenScope[];
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}
