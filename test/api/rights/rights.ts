import type { Principal } from "./principals.ts";

const sessions = ["stranger", "groupless", "owner", "member", "admin"] as const;
const readingTokens = ["memberReadToken", "adminReadToken"] as const;
const membersTokens = ["memberWriteToken", "memberAdminToken"] as const;
const adminsTokens = ["adminWriteToken", "adminToken"] as const;
const tableWriters = ["member", "admin", ...membersTokens, ...adminsTokens] as const;

/** What one may have, and who has it. Nobody else does. */
export const rights = {
  public: {
    meaning: "asked by anybody",
    who: null,
  },
  person: {
    meaning: "asked by a person who is signed in; no token may",
    who: sessions,
  },
  holder: {
    meaning: "asked by the very person whose token it is",
    who: ["member"],
  },
  read: {
    meaning: "seen by everybody who is enabled, and their tokens",
    who: [...sessions, ...readingTokens, "strangerWriteToken", ...membersTokens, ...adminsTokens],
  },
  write: {
    meaning: "by everybody who is enabled, and their tokens that may write",
    who: [...sessions, "strangerWriteToken", ...membersTokens, ...adminsTokens],
  },
  tableGroup: {
    meaning: "by admins and by members of the table's group",
    who: tableWriters,
  },
  runGroup: {
    meaning: "by admins, by members of the group of one of the run's tables, and by who started it",
    who: ["owner", ...tableWriters],
  },
  anyGroup: {
    meaning: "of two groups: by admins, and by who is in both",
    who: ["admin", ...adminsTokens],
  },
  room: {
    meaning: "by the room itself, with the token that it was started with",
    who: [],
  },
  roomOrAdmin: {
    meaning: "by the room itself, and by admins and their tokens with the scope admin",
    who: ["admin", "adminToken"],
  },
  admin: {
    meaning: "by admins alone, and their tokens with the scope admin",
    who: ["admin", "adminToken"],
  },
} as const satisfies Record<string, { meaning: string; who: readonly Principal[] | null }>;
export type Right = keyof typeof rights;

export function hasRight(right: Right, principal: Principal): boolean {
  const { who } = rights[right];
  return who === null || (who as readonly Principal[]).includes(principal);
}
