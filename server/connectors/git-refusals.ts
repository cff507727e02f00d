import { GitError } from "simple-git";
import { MaestroError, messageOf } from "../../shared/errors.ts";

/** The reason of a refusal of what was sent: other commits may well be taken. */
export const ofCommits = "commits";

export function gitFault(message: string, retryable = false, cause?: unknown): MaestroError {
  return new MaestroError("git", message, { retryable, cause });
}

interface Refusal {
  pattern: RegExp;
  say: string;
}

/** What git writes when it does not get as far as sending, in words that say what to do. The first that fits holds. */
const refusals: Refusal[] = [
  {
    pattern: /Host key verification failed|HOST IDENTIFICATION HAS CHANGED/i,
    say: "the host shows another key than those of git.knownHosts, and nothing was sent to it: set git.knownHosts anew if its owner publishes that key",
  },
  {
    pattern:
      /Authentication failed|could not read (Username|Password)|HTTP Basic|error: 40[13]|Permission denied/i,
    say: "the repository refused the credentials: set git.token or git.key to those of somebody who may write there",
  },
  {
    pattern: /not found|does not appear to be a git repository/i,
    say: "there is no such repository, or it is hidden from these credentials: look at git.url",
  },
];

/** Said of the branch. GH013 is any rule of GitHub's: also one about what was sent, such as a secret in it. */
const closed: Refusal = {
  pattern:
    /protected branch|GH006|through a pull request|not allowed to push|not permitted to push/i,
  say: "the repository does not take commits on this branch: let Maestro write to it, or name another in git.branch",
};

/** Said by a repository that was reached and has looked; what its rules and hooks write may be any words. */
const answered = /\[remote rejected\]/;
/** A fault of the repository's own, which the next push may not meet. */
const passing =
  /\[remote rejected\][^\n]*\((internal server error|cannot lock ref|failed to (update|lock) ref)/i;
/** Said of what was sent. */
const unfit = /hook declined|remote rejected|HTTP 413|too large|exceeds|unpack failed/i;

/** An error of git in words that say what to do, without what must not be told. */
export function readRefusal(error: unknown, { token }: { token: string | null }): MaestroError {
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  const text = scrubbed(messageOf(error), token);
  if (isMissing || /spawn git ENOENT/.test(text)) {
    const message =
      "the program git is not installed where Maestro runs: install it, version 2.37 or newer";
    return gitFault(message, false, error);
  }
  const last = lastLines(text);
  const said = answered.test(text) ? [closed] : [...refusals, closed];
  const known = said.find(({ pattern }) => pattern.test(text));
  if (known) return gitFault(`${known.say} (${last})`);
  if (unfit.test(text) && !passing.test(text)) {
    return new MaestroError("git", `the repository does not take it: ${last}`, {
      reason: ofCommits,
    });
  }
  // What is not known may pass: the network, a server that restarts.
  const cause = error instanceof GitError ? undefined : error;
  return gitFault(`the repository cannot be reached: ${last}`, true, cause);
}

/** Lines that say nothing of why: how far it was, and what is said of every push that fails. */
const told =
  /\d+% \(|^(Enumerating|Counting|Compressing|Writing|Resolving|Delta compression|Total|To|Done)\b|^error: failed to push/;

function lastLines(text: string): string {
  const lines = text
    .split(/[\n\r]/)
    .map((line) =>
      line
        .replace(/^remote: ?|^!\s+\w+:/, "")
        .replaceAll("\t", " ")
        .trim(),
    )
    .filter((line) => line !== "" && !told.test(line));
  return lines.slice(-4).join(" ").slice(0, 500);
}

/** A server may say back what it was sent. */
function scrubbed(text: string, token: string | null): string {
  return token === null || token === "" ? text : text.replaceAll(token, "[hidden]");
}
