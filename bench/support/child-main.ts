import type { ChildTask } from "./child.ts";

/** The child's side of `measureInChild`: prepares, times the work alone, answers and ends. */
const moduleUrl = process.argv[2];
if (!moduleUrl) throw new Error("started without a task module");

process.once("message", (message: { input: unknown }) => {
  void answer(moduleUrl, message.input);
});

async function answer(url: string, input: unknown): Promise<void> {
  const task = (await import(url)) as ChildTask<unknown, unknown>;
  const work = await task.prepare(input);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const output = await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const result = {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    // libuv reports kilobytes.
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    output,
  };
  process.send?.(result, () => process.exit(0));
}
