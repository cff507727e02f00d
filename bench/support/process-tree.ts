import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Linux's USER_HZ, the unit of /proc's CPU times: 100 on every platform that Node runs on. */
const ticksPerSecond = 100;

interface ProcessStat {
  pid: number;
  parentPid: number;
  /** Its own CPU and that of the children it has waited for. */
  cpuSeconds: number;
}

function readStat(pid: string): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name may hold spaces and parentheses: the fields start after the last one.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    return {
      pid: Number(pid),
      parentPid: Number(fields[1]),
      cpuSeconds: ticks / ticksPerSecond,
    };
  } catch {
    return null;
  }
}

/** The process and its living descendants; only the process itself where there is no /proc. */
export function processTree(root: number): ProcessStat[] {
  let names: string[];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  const all = names.map(readStat).filter((stat) => stat !== null);
  const childrenOf = Map.groupBy(all, (stat) => stat.parentPid);
  const found = all.filter((stat) => stat.pid === root);
  for (let index = 0; index < found.length; index += 1) {
    const stat = found[index];
    if (stat) found.push(...(childrenOf.get(stat.pid) ?? []));
  }
  return found;
}

/** CPU seconds of this process and everything it started. */
export function treeCpuSeconds(): number {
  const tree = processTree(process.pid);
  if (tree.length > 0) return tree.reduce((sum, stat) => sum + stat.cpuSeconds, 0);
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Busy CPU seconds of the whole machine since it started. */
export function machineCpuSeconds(): number {
  return cpus().reduce(
    (sum, cpu) => sum + (cpu.times.user + cpu.times.nice + cpu.times.sys + cpu.times.irq) / 1000,
    0,
  );
}

/** The most memory that the process and its descendants hold now, in bytes; 0 without /proc. */
export function treeRssBytes(root: number): number {
  return processTree(root).reduce((sum, stat) => {
    try {
      const status = readFileSync(`/proc/${stat.pid}/status`, "utf8");
      return sum + Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    } catch {
      return sum;
    }
  }, 0);
}
