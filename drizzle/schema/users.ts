import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { bytes, createdAt, id, instant, key } from "./columns.ts";

export const users = pgTable(
  "users",
  {
    id: id(),
    email: text().notNull(),
    name: text().notNull().default(""),
    isAdmin: boolean().notNull().default(false),
    /** Later users wait here for an admin. */
    disabled: boolean().notNull().default(true),
    /** When an admin shut them out; null for who still waits, and for who was never shut out. */
    disabledAt: instant(),
    /** Sessions from before are none any more, though the user is enabled. */
    sessionsEndedAt: instant(),
    /** Who signed in with this address at this issuer: another `sub` there is another person. */
    oauthIssuer: text(),
    oauthSubject: text(),
    createdAt: createdAt(),
    lastSeenAt: instant(),
  },
  (t) => [uniqueIndex("users_email").on(sql`lower(${t.email})`)],
);

export const groups = pgTable("groups", {
  id: id(),
  name: text().notNull().unique(),
  /** Where Slack is told of its tables, where their frequency has none of its own. */
  slackChannel: text(),
  createdAt: createdAt(),
});

export const userGroups = pgTable(
  "user_groups",
  {
    userId: key()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    groupId: key()
      .notNull()
      .references(() => groups.id, { onDelete: "cascade" }),
  },
  (t) => [primaryKey({ columns: [t.userId, t.groupId] })],
);

export const apiTokens = pgTable(
  "api_tokens",
  {
    id: id(),
    userId: key()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text().notNull(),
    /** SHA-256 of the token's text; the text itself is shown once and never stored. */
    tokenSha256: bytes().notNull().unique(),
    scopes: text().array().notNull(),
    createdAt: createdAt(),
    expiresAt: instant(),
    revokedAt: instant(),
    lastUsedAt: instant(),
  },
  (t) => [check("api_tokens_sha256_length", sql`octet_length(${t.tokenSha256}) = 32`)],
);

/**
 * One-time sign-in links of the loopback address. A row is deleted by the request that redeems it,
 * so that of several requests with one token a single one wins, whatever process answers them.
 */
export const signInTokens = pgTable(
  "sign_in_tokens",
  {
    tokenSha256: bytes().primaryKey(),
    userId: key()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    expiresAt: instant().notNull(),
  },
  (t) => [check("sign_in_tokens_sha256_length", sql`octet_length(${t.tokenSha256}) = 32`)],
);

/**
 * Logins of command lines that wait for somebody to approve them in the web app. The program that asked
 * holds the secret; the code is what people compare. A row is deleted when the token is made.
 */
export const loginRequests = pgTable("login_requests", {
  code: text().primaryKey(),
  secretSha256: bytes().notNull().unique(),
  /** The machine's name, as it says itself. */
  machine: text().notNull(),
  /** Whence it asked, as the server saw it. */
  address: text().notNull().default(""),
  /** What its token may do; null until it is approved. */
  scope: text(),
  approvedBy: key().references(() => users.id, { onDelete: "cascade" }),
  expiresAt: instant().notNull(),
});

/**
 * Sessions that were signed out of before their end: their cookies may have been copied. A row has no
 * use after the session would have expired.
 */
export const endedSessions = pgTable("ended_sessions", {
  sessionId: text().primaryKey(),
  expiresAt: instant().notNull(),
});

export const auditLog = pgTable(
  "audit_log",
  {
    id: id(),
    at: createdAt(),
    userId: key().references(() => users.id, { onDelete: "set null" }),
    /** The e-mail address at the time, or the process that acted. */
    actor: text().notNull(),
    action: text().notNull(),
    subjectKind: text().notNull(),
    subjectId: key(),
    detail: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [
    index("audit_log_subject").on(t.subjectKind, t.subjectId),
    index("audit_log_at").on(t.at),
    index("audit_log_action").on(t.action, t.id),
  ],
);
