import { z } from "zod";
import { keptText } from "./text.ts";

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

/** A new token: the only time that its text is shown. */
export interface IssuedToken {
  id: number;
  token: string;
}

export const tokenInputSchema = z.object({
  name: keptText().trim().min(1, "a token needs a name").max(100),
  scopes: z.array(z.enum(tokenScopes)).min(1, "choose at least one scope"),
  /** Null never expires. */
  expiresDays: z.int().min(1).max(3650).nullable().default(null),
});
export type TokenInput = z.infer<typeof tokenInputSchema>;

export interface UserView {
  id: number;
  email: string;
  name: string;
  isAdmin: boolean;
  disabled: boolean;
  groups: { id: number; name: string }[];
  lastSeenAt: string | null;
}

export interface GroupView {
  id: number;
  name: string;
  memberCount: number;
  tableCount: number;
}
