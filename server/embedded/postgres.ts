import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { Log } from "../support/log.ts";
import { startLoop } from "../support/loop.ts";
import { chooseServerHome, type ServerAccount } from "./postgres-account.ts";
import { installPostgresBinaries } from "./postgres-binaries.ts";
import { readPostmaster, stopPostmaster } from "./postmaster.ts";
import { chooseStablePort } from "./stable-port.ts";

/**
 * A private PostgreSQL on the loopback address, its data under one directory.
 *
 * The server is a process group of its own and outlives its parent's SIGKILL on purpose: whoever
 * starts next reads `postmaster.pid`, finds it answering and adopts it; if it died too, it recovers
 * from its log as any PostgreSQL does. While it is held here it is started again, at the same
 * address, when it dies. `stop` is the only thing that ends it.
 */
export interface EmbeddedPostgres {
  /** Of the superuser `maestro`. */
  connectionString(database: string): string;
  adopted: boolean;
  /** Fast shutdown: clients are disconnected, nothing committed is lost. */
  stop(): Promise<void>;
}

const superuser = "maestro";
const startTimeoutMs = 60_000;
const watchPeriodMs = 1_000;

export async function startEmbeddedPostgres(options: {
  directory: string;
  log: Log;
  /** Extra `name=value` settings of the server. */
  settings?: string[];
}): Promise<EmbeddedPostgres> {
  await mkdir(options.directory, { recursive: true });
  const { home, account } = await chooseServerHome(options.directory);
  const cluster = join(home, "cluster");
  const passwordFile = join(options.directory, "password");
  if (!(await exists(passwordFile))) await setAside(cluster, options.log);
  const password = await readOrCreatePassword(passwordFile);
  const connectionStringAt = (port: number) => (database: string) =>
    `postgresql://${superuser}:${password}@127.0.0.1:${port}/${database}`;

  const startHere = async (port: number) => {
    const binaries = await installPostgresBinaries(home);
    if (!(await exists(join(cluster, "PG_VERSION")))) {
      await initialize({ binaries, cluster, password, home, account });
    }
    const settings = options.settings ?? [];
    const launchOnce = () =>
      launch({ binaries, cluster, port, directory: options.directory, account, settings });
    // Its process is gone: the file would hold the next one up where another program has its pid.
    await rm(join(cluster, "postmaster.pid"), { force: true });
    await launchUntilReady(launchOnce, connectionStringAt(port)("postgres"), options.directory);
    options.log.info({ port, directory: cluster }, "embedded PostgreSQL: started");
  };

  const running = await readPostmaster(cluster);
  const adopted = running !== null && (await answers(connectionStringAt(running.port)("postgres")));
  const port = adopted ? running.port : await chooseStablePort(join(options.directory, "port"));
  if (adopted) {
    options.log.info({ port, postgresPid: running.pid }, "embedded PostgreSQL: adopted");
  } else {
    await startHere(port);
  }
  const loop = startLoop({
    name: "embedded PostgreSQL",
    log: options.log,
    periodMs: watchPeriodMs,
    body: async () => {
      if (await readPostmaster(cluster)) return;
      options.log.warn("embedded PostgreSQL: died; starting it again");
      await startHere(port);
    },
  });
  return {
    connectionString: connectionStringAt(port),
    adopted,
    async stop() {
      await loop.stop();
      await stopPostmaster(cluster);
    },
  };
}

/** Creates the database if it is missing. */
export async function ensureDatabase(server: EmbeddedPostgres, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.connectionString("postgres") });
  await client.connect();
  try {
    const found = await client.query("select 1 from pg_database where datname = $1", [name]);
    if (found.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

/**
 * A cluster whose password is gone belongs to a data directory that was deleted while its server's
 * home is elsewhere (postgres-account.ts). It is kept under another name: whoever deleted the
 * directory wants a new start, and nothing of theirs is destroyed here.
 */
async function setAside(cluster: string, log: Log): Promise<void> {
  if (!(await exists(cluster))) return;
  await stopPostmaster(cluster);
  const aside = `${cluster}-of-deleted-directory-${Date.now()}`;
  await rename(cluster, aside);
  log.warn(
    { aside },
    "embedded PostgreSQL: an older directory's data was set aside; delete it if it is not needed",
  );
}

async function initialize(o: {
  binaries: string;
  cluster: string;
  password: string;
  home: string;
  account: ServerAccount;
}): Promise<void> {
  const passwordFile = join(o.home, `initial-password-${process.pid}`);
  await writeFile(passwordFile, o.password, { mode: 0o600 });
  await o.account.own(passwordFile);
  // An initdb that was killed leaves a folder that the next one refuses.
  await rm(o.cluster, { recursive: true, force: true });
  const args = [
    "-D",
    o.cluster,
    "-U",
    superuser,
    "--encoding=UTF8",
    "--locale=C",
    "--wal-segsize=1",
  ];
  args.push("--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--no-instructions");
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(join(o.binaries, "bin", "initdb"), args, {
        ...o.account.ids,
        cwd: o.home,
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (text) => (output += text));
      child.on("error", reject);
      child.on("exit", (code) => {
        if (code === 0) return resolve();
        reject(
          new MaestroError(
            "configuration",
            `the embedded PostgreSQL could not be set up in ${o.cluster}: ${output.trim()}`,
          ),
        );
      });
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function launch(o: {
  binaries: string;
  cluster: string;
  port: number;
  directory: string;
  account: ServerAccount;
  settings: string[];
}): Promise<ChildProcess> {
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=64MB",
    "timezone=UTC",
    "max_wal_size=512MB",
    ...o.settings,
  ];
  const args = [
    "-D",
    o.cluster,
    "-p",
    String(o.port),
    ...settings.flatMap((setting) => ["-c", setting]),
  ];
  const logFile = await open(join(o.directory, "postgres.log"), "a", 0o600);
  const child = spawn(join(o.binaries, "bin", "postgres"), args, {
    ...o.account.ids,
    cwd: o.cluster,
    detached: true,
    stdio: ["ignore", logFile.fd, logFile.fd],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  await logFile.close();
  child.unref();
  return child;
}

/**
 * A server that exits at once is launched again until the time is over: after a SIGKILL of the one
 * before, its children may hold its shared memory for a moment longer.
 */
async function launchUntilReady(
  launchServer: () => Promise<ChildProcess>,
  connectionString: string,
  directory: string,
): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  let child = await launchServer();
  let last: unknown;
  while (Date.now() < deadline) {
    last = await tryConnection(connectionString);
    if (last === null) return;
    await delay(20);
    if (child.exitCode !== null || child.signalCode !== null) {
      await delay(200);
      child = await launchServer();
    }
  }
  child.kill("SIGINT");
  throw new MaestroError(
    "configuration",
    `the embedded PostgreSQL did not start within ${startTimeoutMs / 1000} s (${messageOf(last)}): read ${join(directory, "postgres.log")}`,
  );
}

/** Null where the server answers, else the error. */
async function tryConnection(connectionString: string): Promise<unknown> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 });
  // A server that goes away while we say good-bye is no fault here.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.end();
    return null;
  } catch (error) {
    return error;
  }
}

async function answers(connectionString: string): Promise<boolean> {
  // The server may still be recovering from a kill: give it the time that a start has.
  const deadline = Date.now() + 10_000;
  for (;;) {
    const error = await tryConnection(connectionString);
    if (error === null) return true;
    const startingUp = (error as { code?: string }).code === "57P03";
    if (!startingUp || Date.now() > deadline) return false;
    await delay(50);
  }
}

async function readOrCreatePassword(path: string): Promise<string> {
  const created = randomBytes(24).toString("hex");
  await writeFile(path, created, { mode: 0o600, flag: "wx" }).catch((error) => {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
  });
  return (await readFile(path, "utf8")).trim();
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
