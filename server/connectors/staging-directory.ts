import { mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { MaestroError, messageOf } from "../../shared/errors.ts";

/** With the host's name: containers that share a directory do not share their processes. */
const prefix = `maestro-import-${hostname().replaceAll(/[^A-Za-z0-9]/g, "_")}-`;

/** A directory that is there while `work` runs. It carries this process's id, for `sweepStaging`. */
export async function withStagingDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  try {
    return await work(directory);
  } catch (error) {
    throw describeFullDisk(error) ?? error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** DuckDB takes nine tenths of what is free, and calls it out of memory where that is not enough. */
const fullDisk = /no space left|disk full|disk quota|ENOSPC|EDQUOT|max_temp_directory_size/i;

/** In words, where an error or one of its causes is for want of room on the disk; null otherwise. */
export function describeFullDisk(error: unknown): MaestroError | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!fullDisk.test(messageOf(at))) continue;
    const text = `the disk of ${tmpdir()} is full, where rows are staged on their way: free some of it, or start the room with TMPDIR on a larger disk`;
    return new MaestroError("storage", text, { cause: error, retryable: true });
  }
  return null;
}

/** Removes what processes that were killed have left behind on this machine. */
export async function sweepStaging(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) {
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
