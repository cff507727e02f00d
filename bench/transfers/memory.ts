import { readFileSync } from "node:fs";

/** Of this process, now; what libuv knows where there is no /proc. */
export function rssBytes(): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
  } catch {
    return process.memoryUsage.rss();
  }
}
