// `npm run build`: what is handed out. The web app is in dist/web by now; dist/server is the program
// as plain JavaScript that takes its packages from node_modules (for the npm package and the image),
// and dist/maestro.mjs all of it, packages too, in one file.
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { writeOneFile } from "./write-one-file.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const workers = ["connectors/sql-parser.worker", "embedded/warehouse/javascript/sandbox.worker"];
/** Packages that read files of their own. */
const outside = ["newrelic", "vega-datasets"];

await buildServer(join(root, "dist/server"), { external: true });
await buildOneFile(join(root, "dist/maestro.mjs"));

/**
 * All modules lie in one folder, two below the root as their sources do: package.json, the
 * migrations and the web app are where they look for them.
 */
async function buildServer(outDir, packages, plugins = []) {
  const entries = ["main", "script-client/create-maestro-client", ...workers].map((name) => [
    basename(name),
    join(root, "server", `${name}.ts`),
  ]);
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    plugins: [namesOfWorkers(), ...plugins],
    ssr: packages,
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: "node24",
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(entries),
        // next-auth takes it where it runs within Next.
        external: ["next/headers"],
        output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
  });
  cpSync(join(root, "server/services/demo/sql"), join(outDir, "sql"), { recursive: true });
}

async function buildOneFile(file) {
  const folder = mkdtempSync(join(tmpdir(), "maestro-build-"));
  try {
    const packages = { noExternal: true, external: outside };
    await buildServer(join(folder, "dist/server"), packages, [lazyDuckDb(), packagesReadLate()]);
    for (const path of ["package.json", "drizzle/migrations", "dist/web", "python/maestro.py"]) {
      cpSync(join(root, path), join(folder, path), { recursive: true });
    }
    const paths = globSync("**/*", { cwd: folder, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    writeOneFile({ file, folder, paths, version });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Threads are started by the names of their files, which are JavaScript now. */
function namesOfWorkers() {
  return {
    name: "names-of-workers",
    transform(code, id) {
      if (!id.startsWith(join(root, "server/")) || !code.includes(".worker.ts")) return null;
      return code.replace(/(new URL\("\.\/[a-z-]+\.worker)\.ts"/g, '$1.js"');
    },
  };
}

/** What is read by a `require` of Node's own is taken in as well, where it is one that is taken in. */
function packagesReadLate() {
  const own = "const require = createRequire(import.meta.url);";
  return {
    name: "packages-read-late",
    enforce: "pre",
    transform: (code, id) => (id.endsWith("/google-oauth.ts") ? code.replace(own, "") : null),
  };
}

/** DuckDB's binding is missed when it is used, not when a role starts. */
function lazyDuckDb() {
  const name = "@duckdb/node-bindings";
  const id = "\0duckdb-binding";
  return {
    name: "lazy-duckdb",
    enforce: "pre",
    resolveId: (source) => (source === name ? id : null),
    load: (source) =>
      source === id
        ? `
import { createRequire } from "node:module";
let binding;
try {
  binding = createRequire(import.meta.url)("${name}");
} catch (cause) {
  const miss = () => {
    throw new Error("this needs DuckDB, which is not part of the one file: run \`npm install ${name}\` in the folder of maestro.mjs", { cause });
  };
  const missing = { get: (known, key) => known[key] ?? (/^[a-z]+_/.test(String(key)) ? miss : undefined) };
  // Read when its library is loaded.
  binding = new Proxy({ sizeof_bool: 1 }, missing);
}
export default binding;`
        : null,
  };
}
