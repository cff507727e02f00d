import type { WatchDeps } from "./watch-deps.ts";

/**
 * Ends pods of schedulers that are no more, whom no watcher asks after: a worker has started them and
 * died before it noted them, or the cluster was away when they were to be ended.
 */
export function endStrayPods(
  { pods, log }: Pick<WatchDeps, "pods" | "log">,
  watched: { name: string }[],
  olderThanMs?: number,
): void {
  if (!pods) return;
  const names = new Set(watched.map(({ name }) => name));
  for (const scheduler of pods.schedulers()) {
    if (names.has(scheduler)) continue;
    for (const stray of pods.strays(scheduler, new Set(), olderThanMs)) {
      log.warn({ scheduler, pod: stray.start }, "room: its scheduler is no more; its pod is ended");
      pods.signal(stray, "SIGKILL");
    }
  }
}
