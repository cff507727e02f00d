import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/*
 * Processes of this machine, and when each began: with that and its pid a process is known again, also by another
 * process and after the number was given to another one. Linux tells in /proc, by the tick; elsewhere `ps`
 * does, by the second, and is asked for all processes at once.
 */
export interface ProcessTable {
  /** What `isSame` knows it by; null where it is gone, or has ended and nobody has asked how. */
  startOf(pid: number): string | null;
  isSame(pid: number, start: string): boolean;
}

/** Null: the system tells of its processes neither way. */
export function openProcessTable(kind = kindOfSystem()): ProcessTable | null {
  if (kind === "proc")
    return { startOf: startInProc, isSame: (pid, start) => startInProc(pid) === start };
  return kind === "ps" ? openPs() : null;
}

function kindOfSystem(): "proc" | "ps" | null {
  if (startInProc(process.pid) !== null) return "proc";
  try {
    return listProcesses().has(process.pid) ? "ps" : null;
  } catch {
    return null;
  }
}

function startInProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // After the name, which may hold anything: the state, and at the 20th place the start.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** A list holds for so long for processes that are in it. */
const listMs = 500;
/** Some systems reckon the start from the uptime, and differ by one from time to time. */
const mostSecondsApart = 2;

function openPs(): ProcessTable {
  let listedMs = Number.NEGATIVE_INFINITY;
  let starts = new Map<number, number>();
  const secondsOf = (pid: number) => {
    const isFresh = performance.now() - listedMs < listMs;
    if (!isFresh || !starts.has(pid)) {
      starts = listProcesses();
      listedMs = performance.now();
    }
    return starts.get(pid) ?? null;
  };
  return {
    startOf(pid) {
      const seconds = secondsOf(pid);
      return seconds === null ? null : `ps:${seconds}`;
    },
    isSame(pid, start) {
      const seconds = secondsOf(pid);
      const [, told] = /^ps:(\d+)$/.exec(start) ?? [];
      if (seconds === null || told === undefined) return false;
      return Math.abs(seconds - Number(told)) <= mostSecondsApart;
    },
  };
}

/** Of each process that has not ended, the second since 1970 in which it began. */
function listProcesses(): Map<number, number> {
  const text = askPs(["-A", "-o", "pid=,state=,lstart="]);
  const starts = new Map<number, number>();
  for (const line of text.split("\n")) {
    const match = /^\s*(?<pid>\d+)\s+(?<state>\S+)\s+(?<start>\S.*\S)\s*$/.exec(line);
    const { pid, state = "", start } = match?.groups ?? {};
    const ms = Date.parse(`${start} UTC`);
    if (!state.startsWith("Z") && !Number.isNaN(ms)) starts.set(Number(pid), ms / 1_000);
  }
  return starts;
}

/** The words that a process was started with; null where the system does not tell. */
export function commandOf(pid: number, kind = kindOfSystem()): string | null {
  try {
    if (kind === "proc") return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return kind === "ps" ? askPs(["-ww", "-o", "command=", "-p", String(pid)]).trim() : null;
  } catch {
    return null;
  }
}

function askPs(words: string[]): string {
  return execFileSync("/bin/ps", words, {
    encoding: "utf8",
    // The words of dates, and what they are reckoned from.
    env: { LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 64 * 2 ** 20,
  });
}
