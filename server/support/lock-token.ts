import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { openProcessTable, type ProcessTable } from "./process-table.ts";

/*
 * What a lock is held by: something that nobody else has, with the process that holds it, so that a
 * process that is started anew on the same machine need not wait for the life of a lock of which it can
 * see that nobody holds it any more.
 */
interface Holder {
  machine: string;
  pid: number;
  start: string;
}

let table: ProcessTable | null | undefined;

function processes(): ProcessTable | null {
  if (table === undefined) table = openProcessTable();
  return table;
}

/**
 * Within what a pid means one process: containers may have the name of their host, and machines of one
 * image the same name. Who is taken for gone though it works loses its lock, and takes it back so.
 */
export function pidSpace(): string {
  const told = [
    () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    () => readlinkSync("/proc/self/ns/pid"),
  ];
  return [hostname(), ...told.map(orUntold)].join(" ");
}

function orUntold(tell: () => string): string {
  try {
    return tell();
  } catch {
    return "";
  }
}

export function createLockToken(holder: Holder = ourselves()): string {
  const { machine, pid, start } = holder;
  return [machine, pid, start, randomUUID()].join("/");
}

function ourselves(): Holder {
  const { pid } = process;
  return { machine: pidSpace(), pid, start: processes()?.startOf(pid) ?? "" };
}

/** False too where that cannot be seen from here. */
export function isHolderGone(token: string): boolean {
  const [machine, pid, start] = token.split("/");
  if (machine !== pidSpace() || !pid || !start) return false;
  return processes()?.isSame(Number(pid), start) === false;
}
