import type { Log } from "../support/log.ts";

/**
 * Aborts at SIGINT or SIGTERM, or when the parent that forked this process is gone. From then on a
 * second signal, or the end of the graceful timeout, ends the process at once with a warning that
 * names what is `left`.
 */
export function createStopSignal(
  gracefulSeconds: number,
  log: Log,
  left: () => string[] = () => [],
): AbortSignal {
  const stopping = new AbortController();
  const stop = (cause: string) => {
    if (stopping.signal.aborted) {
      log.warn({ cause, left: left() }, "stopped at once, with work left");
      process.exit(130);
    }
    log.info({ cause }, "stopping");
    setTimeout(() => {
      log.warn(
        { gracefulSeconds, left: left() },
        "the graceful timeout is over: exiting with work left",
      );
      process.exit(1);
    }, gracefulSeconds * 1_000).unref();
    stopping.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.once("disconnect", () => stop("parent gone"));
  // Listening to the parent must not keep a process that has stopped from ending.
  process.channel?.unref();
  return stopping.signal;
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
}

/** Stops this process as a signal does, with an exit code that says that something has to be done. */
export function stopForGood(): void {
  process.exitCode = 1;
  process.kill(process.pid, "SIGTERM");
}
