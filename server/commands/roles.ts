import { MaestroError } from "../../shared/errors.ts";
import { buildDeps, type Surroundings } from "../build-deps.ts";
import { type Config, environment, givenSecrets } from "../config.ts";
import { createRoomVoice, type RoomIdentity } from "../connectors/room-voice.ts";
import { startEngine } from "../daemon/engine.ts";
import { startRoom } from "../daemon/room.ts";
import { startRoomPings } from "../daemon/room-pings.ts";
import type { Deps } from "../services/deps.ts";
import type { ErrorReports } from "../support/error-reports.ts";
import { createLog } from "../support/log.ts";
import { createScrub } from "../support/scrub.ts";
import { announceSignIn } from "./announce-sign-in.ts";
import { runLocalCloud, widenThreadPool } from "./local-cloud.ts";
import { isLoopback } from "./loopback.ts";
import { announceRoom } from "./room-processes.ts";
import { serveApi } from "./serve-api.ts";
import { serveHealth } from "./serve-health.ts";
import { startWatchers } from "./start-worker.ts";
import { aborted, createStopSignal, stopForGood } from "./stop-signal.ts";
import { findSurroundings } from "./surroundings.ts";

/** `maestro api`: the web app and the API alone. */
export function runApi(config: Config, reports: ErrorReports): Promise<void> {
  return runRole(config, "api", reports, async (deps, surroundings) => {
    const server = await serveApi(deps, config, surroundings);
    const signIn = await announceSignIn(deps, config, server.url);
    process.stdout.write(`Maestro's API runs at ${server.url}\n${signIn}`);
    return { stop: () => server.close() };
  });
}

/** `maestro worker`: the engine and the watchers. Rooms outlive it, and are the next worker's. */
export function runWorker(config: Config, reports: ErrorReports, main: string): Promise<void> {
  return runRole(config, "worker", reports, async (deps) => {
    const engine = startEngine(deps);
    const worker = await startWatchers(deps, config, { environment, main });
    return {
      holding: () => [...engine.holding(), ...worker.holding()],
      async stop() {
        await Promise.all([worker.stop(), engine.stop()]);
      },
    };
  });
}

/** `maestro room`: transfers alone. A room of a scheduler pings, and ends when nobody hears it. */
export function runRoom(config: Config, reports: ErrorReports): Promise<void> {
  const identity = roomIdentity(environment);
  return runRole(config, "room", reports, async (deps) => {
    const roomId = identity?.room ?? deps.processId;
    const room = startRoom(deps, { concurrency: config.transfersPerRoom, roomId });
    announceRoom(roomId);
    if (!identity) return room;
    const pings = startRoomPings({
      voice: createRoomVoice(identity),
      room,
      log: deps.log,
      pingTimeoutSeconds: config.pingTimeoutSeconds,
      end: () => process.kill(process.pid, "SIGTERM"),
    });
    return {
      holding: () => room.holding(),
      async stop() {
        await room.stop();
        await pings.stop();
      },
    };
  });
}

/** Null where no scheduler has started this process. */
function roomIdentity(given: NodeJS.ProcessEnv): RoomIdentity | null {
  const scheduler = given["MAESTRO_SCHEDULER_NAME"];
  const room = given["MAESTRO_ROOM_ID"];
  const url = given["MAESTRO_URL"];
  const token = given["MAESTRO_ROOM_TOKEN"];
  return scheduler && room && url && token ? { scheduler, room, url, token } : null;
}

/** `maestro local-cloud`: answers the exit code. */
export function serveLocalCloud(
  config: Config,
  reports: ErrorReports,
  standalone: boolean,
): Promise<number> {
  widenThreadPool(environment);
  const log = createLog({
    level: config.logLevel,
    path: config.logPath,
    role: "local-cloud",
    reports,
  });
  const signal = createStopSignal(config.gracefulShutdownSeconds, log);
  const { dataDir, listen } = config;
  if (!isLoopback(listen.host)) {
    throw new MaestroError(
      "configuration",
      `the local cloud asks for no credentials and answers on the loopback address only, not on ${listen.host}: use -listen 127.0.0.1:${listen.port}`,
    );
  }
  const limits = {
    memoryMb: config.warehouseMemoryMb,
    spillMb: config.warehouseSpillMb,
    jobSeconds: config.warehouseJobSeconds,
  };
  return runLocalCloud({ dataDir, ...listen, standalone, limits, signal, log });
}

/** What a role has started; `holding` names what it would leave behind if it ended now. */
interface Started {
  stop(): Promise<void>;
  holding?(): string[];
}

async function runRole(
  config: Config,
  role: string,
  reports: ErrorReports,
  start: (deps: Deps, surroundings: Surroundings) => Promise<Started>,
): Promise<void> {
  let started: Started | null = null;
  const log = createLog({
    level: config.logLevel,
    path: config.logPath,
    role,
    reports,
    scrub: createScrub(givenSecrets(config)),
  });
  const left = () => started?.holding?.() ?? [];
  const stopping = createStopSignal(config.gracefulShutdownSeconds, log, left);
  const surroundings = await findSurroundings(config);
  const { deps, close } = await buildDeps(config, surroundings, log, stopForGood);
  let health: Awaited<ReturnType<typeof serveHealth>> | null = null;
  try {
    started = await start(deps, surroundings);
    if (config.healthListen && role !== "api") {
      health = await serveHealth(deps, config.healthListen);
      log.info({ port: health.port }, "answers /healthz and /readyz");
    }
    await aborted(stopping);
    await started.stop();
  } finally {
    await health?.close();
    await close();
  }
}
