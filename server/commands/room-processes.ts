import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Log } from "../support/log.ts";

const longestPauseMs = 60_000;

/**
 * Keeps one transfer room running as a child of this process. The child ends by itself when the
 * channel to its parent closes, so that a SIGKILL here leaves no room behind; when it dies alone it
 * is started again after a pause that doubles up to a minute, and its transfer goes on elsewhere
 * when the lease is over.
 */
export function startRoomProcess(options: {
  main: string;
  environment: NodeJS.ProcessEnv;
  log: Log;
}): { stop(): Promise<void> } {
  let stopping = false;
  let failures = 0;
  let child: ChildProcess;
  let timer: NodeJS.Timeout | undefined;

  const launch = () => {
    const startedAt = Date.now();
    child = fork(options.main, ["room"], {
      env: options.environment,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.once("exit", (code, signal) => {
      if (stopping) return;
      failures = Date.now() - startedAt > longestPauseMs ? 0 : failures + 1;
      options.log.warn({ code, signal, failures }, "room: ended; starting another");
      timer = setTimeout(launch, Math.min(longestPauseMs, 500 * 2 ** failures));
    });
  };
  launch();

  return {
    async stop() {
      stopping = true;
      clearTimeout(timer);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}
