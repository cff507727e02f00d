import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { projectId, startTestCloud } from "./support/local-cloud.ts";

const run = promisify(execFile);
const requirement = "google-cloud-bigquery==3.38.0";
const script = fileURLToPath(new URL("python/day_of_work.py", import.meta.url));

/** A virtual environment under test/.cache, made once for the pinned version. */
async function pythonWithClient(): Promise<string> {
  const directory = fileURLToPath(
    new URL(`../.cache/python-${requirement.replaceAll("=", "-")}`, import.meta.url),
  );
  const python = join(directory, "bin/python");
  const isReady = await access(join(directory, "ready")).then(
    () => true,
    () => false,
  );
  if (isReady) return python;
  await mkdir(directory, { recursive: true });
  await run("python3", ["-m", "venv", directory]).catch((cause: unknown) => {
    throw new Error("python3 with its venv module is needed for this test: install it", { cause });
  });
  await run(python, ["-m", "pip", "install", "--quiet", requirement]).catch((cause: unknown) => {
    throw new Error(`pip could not install ${requirement}: is PyPI reachable?`, { cause });
  });
  await run("touch", [join(directory, "ready")]);
  return python;
}

test("Google's client for Python does a day's work", async () => {
  const python = await pythonWithClient();
  const cloud = await startTestCloud();
  try {
    const { stdout } = await run(python, [script, cloud.url, projectId]).catch(
      (error: { stderr?: string; message: string }) => {
        throw new Error(error.stderr || error.message);
      },
    );
    expect(stdout.trim()).toBe("done");
  } finally {
    await cloud.stop();
  }
}, 300_000);
