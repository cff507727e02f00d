import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { machineCpuSeconds, treeCpuSeconds } from "./process-tree.ts";

/** Foreign load, in cores, above which a round does not count. */
export const noisyCores = 0.25;

/** Starts watching; the returned function tells how many cores others used since then. */
export function watchForeignLoad(): () => number {
  const machine = machineCpuSeconds();
  const ours = treeCpuSeconds();
  const startedAt = performance.now();
  return () => {
    const seconds = (performance.now() - startedAt) / 1000;
    const foreign = machineCpuSeconds() - machine - (treeCpuSeconds() - ours);
    // The kernel's counters tick in hundredths: short rounds cannot tell noise from rounding.
    return seconds < 0.2 ? 0 : Math.max(0, foreign / seconds);
  };
}

/** Waits until others leave the cores alone, at most `limitSeconds`. False: they never did. */
export async function waitForQuiet(limitSeconds: number): Promise<boolean> {
  const deadline = performance.now() + limitSeconds * 1000;
  while (performance.now() < deadline) {
    const foreignLoad = watchForeignLoad();
    await delay(300);
    if (foreignLoad() < noisyCores * Math.max(1, availableParallelism() / 4)) return true;
  }
  return false;
}
