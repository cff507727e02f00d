import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mysql from "mysql2/promise";
import { type DatabaseAddress, preferTls } from "../../server/connectors/database-address.ts";
import { until } from "./until.ts";

export interface MariaDb {
  /** As an administrator; databases are made by the test. */
  address: DatabaseAddress;
  directory: string;
  processId: number;
  /** With `general_log` every statement that reached the server. */
  logFile: string;
  stop(): Promise<void>;
}

const password = "of the tests";
const program = "/usr/sbin/mariadbd";
const logName = "general.log";
/** As small as it may be: the directory is copied often. */
const logSize = "--innodb-log-file-size=4M";

/** A MariaDB of the test's own on a loopback port, with an empty database `test`. */
export async function startMariaDb(settings: string[] = []): Promise<MariaDb> {
  const account = process.getuid?.() === 0 ? accountIds("mysql") : null;
  const template = await systemTables(account);
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-mariadb-"));
  await chmod(directory, 0o755);
  run("cp", ["-a", template, join(directory, "data")]);
  // A server that starts removes what others keep in a directory for temporary files.
  const temporary = join(directory, "temporary");
  await mkdir(temporary);
  if (account) {
    await chown(directory, account.uid, account.gid);
    await chown(temporary, account.uid, account.gid);
  }
  const { server, port } = await startOnFreePort(directory, [
    ...(account ? ["--user=mysql"] : []),
    ...settings,
  ]);
  const address: DatabaseAddress = {
    kind: "mysql",
    host: "127.0.0.1",
    port,
    database: "test",
    username: "maestro",
    password,
    tls: preferTls,
  };
  const logFile = join(directory, logName);
  const stop = async () => {
    await end(server);
    await rm(directory, { recursive: true, force: true });
  };
  return { address, directory, processId: server.pid ?? 0, logFile, stop };
}

/**
 * The directory of a server that was never started, for `cp`: to make one takes seconds. It is kept
 * for the next tests, by MariaDB's version.
 */
async function systemTables(account: Account | null): Promise<string> {
  const version = run(program, ["--no-defaults", "--version"]);
  const name = createHash("md5").update(version).digest("hex");
  const template = join(tmpdir(), `maestro-test-mariadb-template-${process.getuid?.()}-${name}`);
  if (existsSync(template)) return template;
  const draft = await mkdtemp(join(tmpdir(), "maestro-test-mariadb-draft-"));
  if (account) await chown(draft, account.uid, account.gid);
  run("mariadb-install-db", [
    "--no-defaults",
    "--skip-test-db",
    `--datadir=${join(draft, "data")}`,
    `--tmpdir=${draft}`,
    "--auth-root-authentication-method=normal",
    logSize,
    ...(account ? ["--user=mysql"] : []),
  ]);
  // Of several that make it at once the first one's is taken.
  await rename(join(draft, "data"), template).catch((error: unknown) => {
    if (!existsSync(template)) throw error;
  });
  await rm(draft, { recursive: true, force: true });
  return template;
}

/** A port that is free may be taken by another program before the server has it. */
async function startOnFreePort(directory: string, settings: string[]) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = spawn(
      program,
      [
        "--no-defaults",
        `--datadir=${join(directory, "data")}`,
        `--tmpdir=${join(directory, "temporary")}`,
        `--port=${port}`,
        "--bind-address=127.0.0.1",
        `--socket=${join(directory, "socket")}`,
        `--pid-file=${join(directory, "pid")}`,
        `--general-log-file=${join(directory, logName)}`,
        `--log-error=${join(directory, "errors.log")}`,
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=64M",
        logSize,
        "--character-set-server=utf8mb4",
        "--max-allowed-packet=64M",
        "--local-infile=1",
        ...settings,
      ],
      { stdio: "ignore" },
    );
    const answers = await prepareServer(server, port).catch(async (error: unknown) => {
      await end(server);
      throw error;
    });
    if (answers) return { server, port };
    if (attempt === 5) {
      const errors = await readFile(join(directory, "errors.log"), "utf8");
      throw new Error(`MariaDB does not start:\n${errors}`);
    }
  }
}

/** The database and the user of the tests; false where the server ended before it answered. */
async function prepareServer(server: ChildProcess, port: number): Promise<boolean> {
  const admin = { host: "127.0.0.1", port, user: "root" };
  const ended = () => server.exitCode !== null;
  await until("MariaDB answers", async () => {
    if (ended()) return true;
    const connection = await mysql.createConnection(admin).catch(() => null);
    await connection?.end();
    return connection !== null;
  });
  if (ended()) return false;
  const connection = await mysql.createConnection(admin);
  await connection.query("create database test");
  await connection.query(`create user maestro@'%' identified by '${password}'`);
  await connection.query("grant all on *.* to maestro@'%' with grant option");
  await connection.end();
  return true;
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGKILL");
  await ended;
}

/** Its output; throws where it fails. */
function run(command: string, values: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, values, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? `${stderr}${stdout}`}`);
  return stdout;
}

interface Account {
  uid: number;
  gid: number;
}

function accountIds(name: string): Account {
  const id = (flag: string) => Number(run("id", [flag, name]).trim());
  return { uid: id("-u"), gid: id("-g") };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
