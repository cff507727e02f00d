import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * The folder of a virtual environment's programs, under test/.cache, made once for the pinned
 * packages. Throws an error that names what is missing.
 */
export async function pythonWith(name: string, requirements: string[]): Promise<string> {
  const cache = new URL(`../../.cache/python-${name}`, import.meta.url);
  const directory = fileURLToPath(cache);
  const programs = join(directory, "bin");
  const isReady = await access(join(directory, "ready")).then(
    () => true,
    () => false,
  );
  if (isReady) return programs;
  await mkdir(directory, { recursive: true });
  await run("python3", ["-m", "venv", directory]).catch((cause: unknown) => {
    throw new Error("python3 with its venv module is needed for this test: install it", { cause });
  });
  const python = join(programs, "python");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"];
  // It installs the many packages of a client in a tenth of the time that pip takes.
  const install = async () => {
    await run(python, [...pip, "uv==0.13.9"]);
    await run(join(programs, "uv"), [
      "pip",
      "install",
      "--quiet",
      "--python",
      python,
      ...requirements,
    ]);
  };
  await install().catch((cause: unknown) => {
    throw new Error(`${requirements.join(", ")} could not be installed: is PyPI reachable?`, {
      cause,
    });
  });
  await run("touch", [join(directory, "ready")]);
  return programs;
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
