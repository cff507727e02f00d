import { messageOf } from "../../shared/errors.ts";
import type { GitCommand } from "./git-command.ts";
import { type GitCopy, remoteName } from "./git-copy.ts";

/** A file's text, or why it has none. */
export type GitText = { text: string } | { fault: string };

/** Larger files are no table. */
const mostBytes = 4_000_000;
/** So much is read into memory at a time. */
const mostBytesAtOnce = 32_000_000;

/** Texts of files, by sha. The copy has them by then, wherever they were. */
export async function readTexts(
  command: GitCommand,
  copy: GitCopy,
  shas: string[],
): Promise<Map<string, GitText>> {
  const texts = new Map<string, GitText>();
  const wanted = [...new Set(shas)];
  if (wanted.length === 0) return texts;
  if (!(await copy.isWhole())) await fetchTogether(command, copy, wanted);
  const sizes = await sizesOf(command, wanted);
  let some: string[] = [];
  let bytes = 0;
  for (const [sha, size] of sizes) {
    if (size > mostBytes) texts.set(sha, { fault: `is larger than ${mostBytes} bytes` });
    else {
      if (bytes + size > mostBytesAtOnce) {
        await readSome(command, some, texts);
        some = [];
        bytes = 0;
      }
      some.push(sha);
      bytes += size;
    }
  }
  await readSome(command, some, texts);
  return texts;
}

/**
 * Files come when they are read, each by a request of its own: asked for before, they come together. From
 * a server that gives no single files, all that the branch ever had is fetched, now and from then on.
 */
async function fetchTogether(command: GitCommand, copy: GitCopy, shas: string[]): Promise<void> {
  const options = ["--progress", "--no-tags", "--no-write-fetch-head"];
  const some = ["--filter=blob:none", "--stdin", remoteName];
  const args = ["-c", "fetch.negotiationAlgorithm=noop", "fetch", ...options, ...some];
  try {
    await command.run(args, `${shas.join("\n")}\n`);
  } catch (error) {
    if (!/unadvertised object|not our ref/i.test(messageOf(error))) throw error;
    await command.run(["fetch", ...options, "--refetch", "--no-filter", remoteName, copy.refspec]);
    await copy.markWhole();
  }
}

async function sizesOf(command: GitCommand, shas: string[]): Promise<Map<string, number>> {
  const lines = await command.bytes(["--batch-check"], `${shas.join("\n")}\n`);
  return new Map(
    lines
      .toString()
      .trim()
      .split("\n")
      .map((line) => {
        const [sha = "", , size] = line.split(" ");
        return [sha, Number(size)];
      }),
  );
}

async function readSome(
  command: GitCommand,
  shas: string[],
  texts: Map<string, GitText>,
): Promise<void> {
  if (shas.length === 0) return;
  const all = await command.bytes(["--batch"], `${shas.join("\n")}\n`);
  let at = 0;
  for (const sha of shas) {
    const end = all.indexOf(10, at);
    const size = Number(all.subarray(at, end).toString().split(" ")[2]);
    texts.set(sha, decode(all.subarray(end + 1, end + 1 + size)));
    at = end + size + 2;
  }
}

function decode(bytes: Buffer): GitText {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { fault: "is not in UTF-8" };
  }
}
