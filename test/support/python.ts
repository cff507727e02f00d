import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const uvVersion = "0.13.9";
const cache = fileURLToPath(new URL("../.cache", import.meta.url));

/**
 * The folder of a virtual environment's programs, under test/.cache, made once for the pinned
 * packages. Each name is one file's of tests. Throws an error that names what is missing.
 */
export async function pythonWith(name: string, requirements: string[]): Promise<string> {
  const directory = join(cache, `python-${name}`);
  const programs = join(directory, "bin");
  if (await isThere(join(directory, "ready"))) return programs;
  const uv = await findUv();
  await run(uv, ["venv", "--quiet", "--allow-existing", "--python", "python3", directory]);
  const python = join(programs, "python");
  const install = ["pip", "install", "--quiet", "--python", python, ...requirements];
  await run(uv, install).catch(notInstalled(requirements));
  await writeFile(join(directory, "ready"), "");
  return programs;
}

/** uv installs the many packages of a client in a tenth of the time that pip takes. */
async function findUv(): Promise<string> {
  const found = join(cache, `uv-${uvVersion}`);
  if (await isThere(found)) return found;
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(join(cache, "python-of-uv-"));
  await run("python3", ["-m", "venv", made]).catch((cause: unknown) => {
    throw new Error("python3 with its venv module is needed for this test: install it", { cause });
  });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"];
  const wanted = `uv==${uvVersion}`;
  await run(join(made, "bin/python"), [...pip, wanted]).catch(notInstalled([wanted]));
  // It is one file; whoever was quicker has put the same one there.
  await rename(join(made, "bin/uv"), found);
  await rm(made, { recursive: true });
  return found;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function notInstalled(packages: string[]): (cause: unknown) => never {
  return (cause) => {
    throw new Error(`${packages.join(", ")} could not be installed: is PyPI reachable?`, { cause });
  };
}

/** Runs a program to its end; rejects with what it printed. */
export async function runProgram(
  program: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  // What is compiled is kept: to compile a large package again takes longer than to run it.
  const env = { ...(options.env ?? process.env), PYTHONDONTWRITEBYTECODE: "" };
  const { stdout } = await run(program, args, { maxBuffer: 2 ** 24, ...options, env }).catch(
    (error: { stdout?: string; stderr?: string; message: string }) => {
      throw new Error(`${error.stderr ?? ""}${error.stdout ?? ""}` || error.message);
    },
  );
  return stdout;
}
