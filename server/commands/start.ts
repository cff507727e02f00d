import { join } from "node:path";
import { buildDeps } from "../build-deps.ts";
import { type Config, givenSecrets } from "../config.ts";
import { type Engine, startEngine } from "../daemon/engine.ts";
import { lockDataDirectory, openDataDirectory } from "../embedded/data-directory.ts";
import type { Deps } from "../services/deps.ts";
import { releaseTransfers } from "../services/transfers/release-transfers.ts";
import type { ErrorReports } from "../support/error-reports.ts";
import { createLog, type Log } from "../support/log.ts";
import { createScrub } from "../support/scrub.ts";
import { announceSignIn } from "./announce-sign-in.ts";
import { startRoomProcess } from "./room-processes.ts";
import { requireFreeAddress, serveApi } from "./serve-api.ts";
import { startWatchers, type Watchers } from "./start-worker.ts";
import { aborted, createStopSignal, stopForGood } from "./stop-signal.ts";
import { publishSurroundings, putUpSurroundings } from "./surroundings.ts";

/**
 * `maestro start`: everything on this machine. PostgreSQL and the local cloud unless others are
 * named, the API and the engine in this process, a transfer room beside it or a scheduler of them. Resolves after a stop
 * signal, with all that it started stopped.
 */
export async function runStart(
  config: Config,
  reports: ErrorReports,
  main: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const directory = await openDataDirectory(config.dataDir);
  const log = createLog({
    level: config.logLevel,
    path: config.logPath ?? join(directory, "maestro.log"),
    role: "start",
    reports,
    scrub: createScrub(givenSecrets(config)),
  });
  let engine: Engine | null = null;
  let watchers: Watchers | null = null;
  const left = () => [...(engine?.holding() ?? []), ...(watchers?.holding() ?? [])];
  const stopping = createStopSignal(config.gracefulShutdownSeconds, log, left);
  const undo: (() => Promise<void>)[] = [await lockDataDirectory(directory)];
  try {
    await requireFreeAddress(config.listen);
    const surroundings = await putUpSurroundings(config, directory, main, log);
    undo.push(surroundings.stop);
    undo.push(await publishSurroundings(directory, surroundings, null));
    if (stopping.aborted) return;
    const { deps, close } = await buildDeps(config, surroundings, log, stopForGood);
    undo.push(close);
    await ensureBucket(deps);
    const started = startEngine(deps);
    engine = started;
    undo.push(() => started.stop());
    // Before the room: two processes that start at once are both later.
    const server = await serveApi(deps, config, surroundings);
    undo.push(() => server.close());
    if (config.transferRooms === 0) {
      const logPath = config.logPath ?? join(directory, "room.log");
      const told = { MAESTRO_DATA_DIR: directory, MAESTRO_LOGPATH: logPath };
      const room = startRoomProcess({
        main,
        environment: { ...environment, ...config.given, ...told },
        log,
        onDeath: (roomId) => releaseTransfers(deps, roomId),
      });
      undo.push(() => room.stop());
    }
    await publishSurroundings(directory, surroundings, server.url);
    const watching = await startWatchers(deps, config, { environment, main, url: server.url });
    watchers = watching;
    undo.push(watching.stopWithRooms);
    const signIn = await announceSignIn(deps, config, server.url);
    process.stdout.write(
      `\n  Maestro runs at ${server.url}\n${signIn}\n  Ctrl-C stops it; nothing in progress is lost.\n\n`,
    );
    await aborted(stopping);
    process.stdout.write("  Stopping…\n");
  } finally {
    await undoAll(undo.reverse(), log);
  }
}

/**
 * What keeps Google from it is for an admin to mend, who needs the web app for that: nobody waits until
 * Google's client has given up.
 */
async function ensureBucket({ objectStore, clouds, log }: Deps): Promise<void> {
  const place = clouds.current();
  if (place?.isLocal) return objectStore.ensureBucket();
  void objectStore.ensureBucket().catch((error: unknown) => {
    log.warn({ err: error, bucket: place?.bucket }, "the bucket is not there, nor made");
  });
}

/** One step that fails must not keep the others from giving back what they hold. */
async function undoAll(steps: (() => Promise<void>)[], log: Log): Promise<void> {
  for (const step of steps) {
    await step().catch((error: unknown) => {
      log.error({ err: error }, "stopping: something was not given back");
      process.exitCode = 1;
    });
  }
}
