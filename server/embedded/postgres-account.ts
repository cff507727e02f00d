import { createHash } from "node:crypto";
import { chmod, chown, mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { MaestroError } from "../../shared/errors.ts";

/** The system account that the server's processes run as. */
export interface ServerAccount {
  /** For `spawn`; empty where it is our own account. */
  ids: { uid?: number; gid?: number };
  own(path: string): Promise<void>;
}

/** Where a root's data goes when the account below cannot reach the directory asked for. */
const rootHome = "/var/lib/maestro";

/**
 * PostgreSQL refuses to run as root. As root it runs as `postgres` or `nobody`, in a folder that
 * this account owns and can reach: inside `directory`, or, where a folder above is closed to others
 * (as /root is), in a folder of its own under /var/lib/maestro, named by the directory's hash.
 */
export async function chooseServerHome(
  directory: string,
): Promise<{ home: string; account: ServerAccount }> {
  if (process.getuid?.() !== 0) {
    return { home: directory, account: { ids: {}, own: async () => undefined } };
  }
  const { uid, gid } = await findUnprivilegedAccount();
  const account: ServerAccount = { ids: { uid, gid }, own: (path) => chown(path, uid, gid) };
  const hash = createHash("sha256").update(resolve(directory)).digest("hex").slice(0, 16);
  const home = (await reachableByOthers(directory))
    ? join(directory, "server")
    : join(rootHome, hash);
  await mkdir(home, { recursive: true });
  // Whatever the umask: the server's account has to pass through.
  await Promise.all([chmod(home, 0o755), chmod(dirname(home), 0o755)]);
  await account.own(home);
  return { home, account };
}

async function findUnprivilegedAccount(): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const entry = lines.find(([account]) => account === name);
    if (entry) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new MaestroError(
    "configuration",
    "PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it as: start Maestro as another user",
  );
}

async function reachableByOthers(directory: string): Promise<boolean> {
  for (let path = resolve(directory); ; path = dirname(path)) {
    const { mode } = await stat(path);
    if ((mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
