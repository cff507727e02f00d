import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { commandOf } from "../support/process-table.ts";

/** The running server by its pid file; null where there is none or its process is gone. */
export async function readPostmaster(
  cluster: string,
): Promise<{ pid: number; port: number } | null> {
  const text = await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => null);
  const lines = text?.split("\n") ?? [];
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!pid || !port) return null;
  try {
    process.kill(pid, 0);
  } catch {
    return null;
  }
  // After a restart of the machine another program may have the pid.
  const command = commandOf(pid) ?? cluster;
  return command.includes(cluster) ? { pid, port } : null;
}

/** Fast shutdown: clients are disconnected, nothing committed is lost. */
export async function stopPostmaster(cluster: string): Promise<void> {
  const postmaster = await readPostmaster(cluster);
  if (!postmaster) return;
  process.kill(postmaster.pid, "SIGINT");
  while (await readPostmaster(cluster)) await delay(20);
}
