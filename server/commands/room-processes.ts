import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Log } from "../support/log.ts";

const longestPauseMs = 60_000;

interface Announcement {
  roomId: string;
}

/** Tells the parent, where one has forked this process, under which name it claims transfers. */
export function announceRoom(roomId: string): void {
  const announcement: Announcement = { roomId };
  process.send?.(announcement);
}

/**
 * Keeps one transfer room running as a child of this process. The child ends by itself when the
 * channel to its parent closes, so that a SIGKILL here leaves no room behind; when it dies alone it
 * is started again after a pause that doubles up to a minute. `onDeath` hears of it at once, by the
 * name that it announced, so that its transfers need not wait for the end of their leases.
 */
export function startRoomProcess(options: {
  main: string;
  environment: NodeJS.ProcessEnv;
  log: Log;
  onDeath: (roomId: string) => Promise<void>;
}): { stop(): Promise<void> } {
  let stopping = false;
  let failures = 0;
  let child: ChildProcess;
  let timer: NodeJS.Timeout | undefined;

  const launch = () => {
    const startedAt = Date.now();
    let roomId: string | undefined;
    child = fork(options.main, ["room"], {
      env: options.environment,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    options.log.info({ roomPid: child.pid }, "room: started");
    child.on("message", (message: Announcement) => {
      roomId = message.roomId;
    });
    child.once("exit", (code, signal) => {
      if (stopping) return;
      failures = Date.now() - startedAt > longestPauseMs ? 0 : failures + 1;
      options.log.warn({ code, signal, failures }, "room: ended; starting another");
      if (roomId) void options.onDeath(roomId);
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
