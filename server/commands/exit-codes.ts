import { type ErrorCode, MaestroError } from "../../shared/errors.ts";

/** What a client command ends with: 0 where all is done as asked. docs/cli.md shows this table. */
export const exitCodes = {
  1: "it failed: a run ended otherwise than succeeded, `tables diff` found lines, or what the message says",
  2: "the command line, a file or a value in it is wrong: nothing was done",
  3: "you may not: no token, one that ended, or not your table",
  4: "there is no such table, run or file",
  5: "it was changed by someone else meanwhile, exists already, or closes a cycle",
  6: "the server cannot be reached, or asks to try again later",
  130: "Ctrl-C: what was started goes on",
} as const;

const byCode: Partial<Record<ErrorCode, keyof typeof exitCodes>> = {
  invalidInput: 2,
  invalidSql: 2,
  unauthenticated: 3,
  forbidden: 3,
  notFound: 4,
  conflict: 5,
  cycle: 5,
  transient: 6,
  timeout: 6,
  rateLimited: 6,
};

export function exitCodeOf(error: unknown): number {
  return (error instanceof MaestroError && byCode[error.code]) || 1;
}
