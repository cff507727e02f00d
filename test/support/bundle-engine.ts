import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

const entry = new URL("engine-process.ts", import.meta.url);

/**
 * The engine's process in one file: a daemon starts from it in a third of the time that it takes to
 * read all modules, and the tests start a hundred of them.
 */
export async function bundleEngine(directory: string): Promise<URL> {
  await build({
    configFile: false,
    logLevel: "warn",
    ssr: { noExternal: true },
    build: {
      ssr: fileURLToPath(entry),
      outDir: directory,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: "engine.mjs", codeSplitting: false } },
    },
  });
  return pathToFileURL(join(directory, "engine.mjs"));
}
