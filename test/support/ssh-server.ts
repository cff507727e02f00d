import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./mariadb.ts";
import { until } from "./until.ts";

const run = promisify(execFile);

export interface SshServer {
  /** The address of a path of this machine. */
  urlOf(path: string): string;
  /** A key that it lets in. */
  key: string;
  /** Its own, as a line of known_hosts. */
  knownHost: string;
  close(): Promise<void>;
}

/**
 * A real sshd on the loopback, which lets one key in, to git alone. `onLogin`, a command of the shell,
 * is run before each of its commands.
 */
export async function startSshServer(onLogin: string): Promise<SshServer> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-ssh-server-"));
  const file = (name: string) => join(folder, name);
  for (const name of ["host", "user"]) {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file(name)]);
  }
  const user = await readFile(file("user.pub"), "utf8");
  const command = `${onLogin}; git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"`;
  await writeFile(file("authorized"), `command="${command}" ${user}`);
  const port = await freePort();
  const config = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${file("host")}`,
    `AuthorizedKeysFile ${file("authorized")}`,
    "PidFile none",
    "StrictModes no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin yes",
    "UsePAM no",
  ];
  await writeFile(file("config"), `${config.join("\n")}\n`);
  // It wants this folder where it is started by root.
  await mkdir("/run/sshd", { recursive: true }).catch(() => undefined);
  const daemon = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", file("config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  daemon.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until("sshd listens", () => said.includes("Server listening"));
  const [kind, key] = (await readFile(file("host.pub"), "utf8")).trim().split(" ");
  return {
    urlOf: (path) => `ssh://${userInfo().username}@127.0.0.1:${port}${path}`,
    key: await readFile(file("user"), "utf8"),
    knownHost: `127.0.0.1 ${kind} ${key}`,
    async close() {
      daemon.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
