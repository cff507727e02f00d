import { createWriteStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { TableExtract } from "../../shared/table.ts";

/*
 * The files of an extract, saved whole or not at all:
 *
 *   each to `<name>.<table run>.part`, from where an earlier try left off → all are there with their
 *   bytes → each renamed to its name.
 *
 * A part bears the table run that made it, so that one of an older extract is never gone on with. What
 * breaks is asked for again, a few times, with URLs signed anew: they end, and a download may be long.
 */

const attempts = 5;

interface Plan {
  directory: string;
  /** The extract as it is now. */
  ask: () => Promise<TableExtract>;
  onProgress: (progress: { bytes: number; filesDone: number }) => void;
}

interface Downloaded {
  name: string;
  bytes: number;
  path: string;
}

export async function downloadFiles(extract: TableExtract, plan: Plan): Promise<Downloaded[]> {
  await mkdir(plan.directory, { recursive: true });
  let before = 0;
  const parts: { part: string; file: Downloaded }[] = [];
  for (const [index, { name, bytes }] of extract.files.entries()) {
    // An object's name is the server's word: it must not lead out of the directory.
    const path = join(plan.directory, basename(name));
    const part = `${path}.${extract.tableRunId}.part`;
    const done = before;
    await downloadOne(extract, index, part, {
      ...plan,
      onProgress: (own) => plan.onProgress({ bytes: done + own, filesDone: index }),
    });
    before += bytes;
    parts.push({ part, file: { name, bytes, path } });
  }
  for (const { part, file } of parts) await rename(part, file.path);
  plan.onProgress({ bytes: before, filesDone: parts.length });
  return parts.map(({ file }) => file);
}

async function downloadOne(
  extract: TableExtract,
  index: number,
  part: string,
  plan: Omit<Plan, "onProgress"> & { onProgress: (bytes: number) => void },
): Promise<void> {
  let now = extract;
  for (let attempt = 1; ; attempt += 1) {
    const file = now.files[index];
    if (now.tableRunId !== extract.tableRunId || !file) {
      throw new MaestroError("conflict", "another extract took its place meanwhile: try again");
    }
    try {
      const stored = await fetchRest(file, part, plan.onProgress);
      if (stored === file.bytes) return;
      throw new Error(`${stored} of ${file.bytes} bytes came`);
    } catch (error) {
      if (attempt === attempts) {
        throw new MaestroError(
          "storage",
          `${file.name} cannot be downloaded: ${messageOf(error)}; try again, it goes on where it was`,
          { cause: error },
        );
      }
      now = await plan.ask();
    }
  }
}

/** Appends what is missing; the bytes that are there then. */
async function fetchRest(
  { url, bytes }: TableExtract["files"][number],
  part: string,
  onProgress: (bytes: number) => void,
): Promise<number> {
  const has = await sizeOf(part);
  if (has === bytes) return has;
  const isRest = has > 0 && has < bytes;
  const answer = await fetch(url, {
    headers: { "accept-encoding": "identity", ...(isRest ? { range: `bytes=${has}-` } : {}) },
  });
  if (!answer.ok || !answer.body) throw new Error(`the bucket answers ${answer.status}`);
  // A server may answer a range with the whole.
  const append = answer.status === 206;
  let stored = append ? has : 0;
  onProgress(stored);
  const source = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
  source.on("data", (chunk: Buffer) => {
    stored += chunk.length;
    onProgress(stored);
  });
  await pipeline(source, createWriteStream(part, { flags: append ? "a" : "w" }));
  return sizeOf(part);
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}
