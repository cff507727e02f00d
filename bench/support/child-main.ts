import { readFileSync, writeFileSync } from "node:fs";
import type { ChildAnswer, ChildRequest, ChildTask } from "./child.ts";

/** The child's side of `openChild`: prepares once, times each measurement alone, ends with its parent. */
const moduleUrl = process.argv[2];
if (!moduleUrl) throw new Error("started without a task module");

const task = (await import(moduleUrl)) as ChildTask<unknown, unknown, unknown>;
let work: ((input: unknown) => Promise<unknown>) | undefined;

process.on("message", async (request: ChildRequest) => {
  if ("prepare" in request) work = await task.prepare(request.prepare);
  const answer: ChildAnswer = "prepare" in request ? "prepared" : await measure(request.measure);
  process.send?.(answer);
});
process.once("disconnect", () => process.exit(0));

async function measure(input: unknown) {
  if (!work) throw new Error("measured before it was prepared");
  forgetPeakMemory();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const output = await work(input);
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds, cpuSeconds: (user + system) / 1e6, peakRssBytes: peakRssBytes(), output };
}

/** Linux alone can forget it (proc(5), clear_refs); elsewhere the peak is that of the whole process. */
function forgetPeakMemory(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Not Linux, or not allowed.
  }
}

function peakRssBytes(): number {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
  } catch {
    // libuv reports kilobytes.
    return process.resourceUsage().maxRSS * 1024;
  }
}
