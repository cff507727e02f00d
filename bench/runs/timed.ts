export interface Timed {
  seconds: number;
  cpuSeconds: number;
}

/** Of this process: for tasks that have something to do before the clock runs, or after. */
export async function timed(work: () => Promise<void>): Promise<Timed> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}
