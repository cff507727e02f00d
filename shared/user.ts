import { z } from "zod";
import { slackChannelSchema } from "./slack.ts";
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

/** An API token of anybody, as admins see it. */
export interface UsersTokenView extends TokenView {
  userId: number;
  userEmail: string;
}

/** A token that ends within so many days is said to. */
export const expiryWarningDays = 7;

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

/** `waiting`: no admin has let them in yet; `disabled`: one has shut them out. */
export type UserState = "waiting" | "enabled" | "disabled";

export interface UserView {
  id: number;
  email: string;
  name: string;
  isAdmin: boolean;
  state: UserState;
  groups: { id: number; name: string }[];
  /** Live ones: neither revoked nor past their end. */
  tokenCount: number;
  createdAt: string;
  lastSeenAt: string | null;
}

export const groupInputSchema = z.object({
  name: keptText().trim().min(1, "a group needs a name").max(100, "at most 100 characters"),
});

export const groupChannelSchema = z.object({ slackChannel: slackChannelSchema.nullable() });

export interface GroupView {
  id: number;
  name: string;
  /** Where Slack is told of its tables; null is the channel of the settings. */
  slackChannel: string | null;
  memberCount: number;
  tableCount: number;
}
