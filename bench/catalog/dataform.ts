import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { measureCommand } from "../support/child.ts";
import type { Measurement } from "../support/rounds.ts";
import type { GeneratedCatalog } from "./generate-catalog.ts";

/** Dataform's current line; whichever release the registry has. */
const packages = ["@dataform/cli@3", "@dataform/core@3"];
const cache = fileURLToPath(new URL("../results/peers/dataform/", import.meta.url));
const cli = join(cache, "node_modules/@dataform/cli/bundle.js");

/** Whether the peer is there; with `install` it is fetched into the cache folder, outside the repo's. */
export function findDataform(install: boolean): { found: true } | { found: false; why: string } {
  if (existsSync(cli)) return { found: true };
  if (!install) return { found: false, why: "not installed; --peers fetches it" };
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, "package.json"), '{"private":true}\n');
  try {
    execFileSync("npm", ["install", "--no-audit", "--no-fund", ...packages], { cwd: cache });
  } catch (error) {
    return { found: false, why: `npm could not install it: ${String(error).split("\n")[0]}` };
  }
  return existsSync(cli) ? { found: true } : { found: false, why: "its package has no bundle.js" };
}

/** Writes the catalog as a Dataform project, with its references as `ref` calls. */
export function writeDataformProject(catalog: GeneratedCatalog): string {
  const directory = mkdtempSync(join(tmpdir(), "maestro-bench-dataform-"));
  mkdirSync(join(directory, "definitions"));
  const settings = `defaultProject: northwind-analytics-prod\ndefaultLocation: US\ndefaultDataset: reports\n`;
  writeFileSync(join(directory, "workflow_settings.yaml"), settings);
  writeFileSync(join(directory, "package.json"), '{"dependencies":{"@dataform/core":"3"}}\n');
  // Copied, because its sandbox follows no link out of the project.
  const core = "node_modules/@dataform/core";
  cpSync(join(cache, core), join(directory, core), { recursive: true });
  for (const { dataset, name, sqlx } of catalog.tables) {
    const text = `config { type: "table", schema: "${dataset}", name: "${name}" }\n${sqlx}\n`;
    writeFileSync(join(directory, "definitions", `${name}.sqlx`), text);
  }
  const declarations = catalog.raw.map(
    ({ dataset, name }) => `declare({ schema: "${dataset}", name: "${name}" });\n`,
  );
  writeFileSync(join(directory, "definitions", "raw.js"), declarations.join(""));
  return directory;
}

/** Compiles the project and proves that it found what each table depends on. */
export async function compileWithDataform(
  directory: string,
  catalog: GeneratedCatalog,
): Promise<Measurement> {
  const args = [cli, "compile", directory, "--json", "--timeout", "10m"];
  const { stdout, exitCode, ...measured } = await measureCommand(process.execPath, args);
  if (exitCode !== 0) throw new Error(`dataform compile failed: ${stdout.slice(0, 2_000)}`);
  const compiled = JSON.parse(stdout.slice(stdout.indexOf("{"))) as {
    tables: { target: { name: string }; dependencyTargets?: unknown[] }[];
  };
  const found = new Map(
    compiled.tables.map(({ target, dependencyTargets }) => [
      target.name,
      dependencyTargets?.length,
    ]),
  );
  for (const { name, sources } of catalog.tables) {
    const expected = new Set(
      sources.filter((source) => !source.endsWith("*")).map((source) => source.split(".").at(-1)),
    ).size;
    if (found.get(name) !== expected) {
      throw new Error(`dataform: ${name} has ${found.get(name)} parents, not ${expected}`);
    }
  }
  return measured;
}
