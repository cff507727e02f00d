import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";
import { afterAll } from "vitest";

/*
 * The engine's process in one file: a daemon starts from it in a third of the time that it takes to
 * read all modules, and the tests start a hundred of them.
 */
const entry = new URL("engine-process.ts", import.meta.url);
let bundled: Promise<string> | undefined;

/** Built once for a test file. */
export async function bundleEngine(): Promise<URL> {
  bundled ??= buildInto(mkdtemp(join(tmpdir(), "maestro-engine-")));
  return pathToFileURL(join(await bundled, "engine.mjs"));
}

async function buildInto(made: Promise<string>): Promise<string> {
  const outDir = await made;
  await build({
    configFile: false,
    logLevel: "warn",
    ssr: { noExternal: true },
    build: {
      ssr: fileURLToPath(entry),
      outDir,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: "engine.mjs", codeSplitting: false } },
    },
  });
  return outDir;
}

afterAll(async () => {
  if (bundled) await rm(await bundled, { recursive: true, force: true });
});
