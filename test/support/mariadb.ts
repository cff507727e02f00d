import { spawn, spawnSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
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

/** A MariaDB of the test's own on a loopback port, with an empty database `test`. */
export async function startMariaDb(settings: string[] = []): Promise<MariaDb> {
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-mariadb-"));
  const account = process.getuid?.() === 0 ? accountIds("mysql") : null;
  if (account) await chown(directory, account.uid, account.gid);
  await chmod(directory, 0o755);
  const data = join(directory, "data");
  // A server that starts removes what others keep in a directory for temporary files.
  const temporary = join(directory, "temporary");
  await mkdir(temporary);
  if (account) await chown(temporary, account.uid, account.gid);
  const user = account ? ["--user=mysql"] : [];
  const made = spawnSync(
    "mariadb-install-db",
    [
      "--no-defaults",
      "--skip-test-db",
      `--datadir=${data}`,
      `--tmpdir=${temporary}`,
      "--auth-root-authentication-method=normal",
      ...user,
    ],
    { encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`mariadb-install-db: ${made.stderr}${made.stdout}`);
  const port = await freePort();
  const logFile = join(directory, "general.log");
  const server = spawn(
    "/usr/sbin/mariadbd",
    [
      "--no-defaults",
      `--datadir=${data}`,
      `--tmpdir=${temporary}`,
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      `--socket=${join(directory, "socket")}`,
      `--pid-file=${join(directory, "pid")}`,
      `--general-log-file=${logFile}`,
      "--skip-name-resolve",
      "--innodb-flush-log-at-trx-commit=0",
      "--innodb-buffer-pool-size=64M",
      "--character-set-server=utf8mb4",
      "--max-allowed-packet=64M",
      "--local-infile=1",
      ...user,
      ...settings,
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const stop = async () => {
    server.kill("SIGKILL");
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  const admin = { host: "127.0.0.1", port, user: "root" };
  try {
    await until("MariaDB answers", () =>
      mysql.createConnection(admin).then(
        (connection) => connection.end().then(() => true),
        () => false,
      ),
    );
    const connection = await mysql.createConnection(admin);
    await connection.query("create database test");
    await connection.query(`create user maestro@'%' identified by '${password}'`);
    await connection.query("grant all on *.* to maestro@'%' with grant option");
    await connection.end();
  } catch (error) {
    await stop();
    throw error;
  }
  const address: DatabaseAddress = {
    kind: "mysql",
    host: "127.0.0.1",
    port,
    database: "test",
    username: "maestro",
    password,
    tls: preferTls,
  };
  return { address, directory, processId: server.pid ?? 0, logFile, stop };
}

function accountIds(name: string): { uid: number; gid: number } {
  const id = (flag: string) =>
    Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout.trim());
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
