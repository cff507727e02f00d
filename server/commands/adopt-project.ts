import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { MaestroError } from "../../shared/errors.ts";
import { isDataform, readDataform } from "./adopt-dataform.ts";
import { readDbt } from "./adopt-dbt.ts";
import { type Project, readJson } from "./adoptable.ts";
import { readFiles } from "./read-files.ts";

/** What a folder holds: dbt's manifest, Dataform's compiled graph, or plain files of SQL. */
export async function readProject(folder: string): Promise<Project> {
  const info = await stat(folder).catch(() => null);
  if (!info) throw new MaestroError("invalidInput", `there is no ${folder}`);
  const manifest = info.isDirectory() ? await findManifest(folder) : null;
  if (manifest) return readDbt(manifest);
  const graph = await findGraph(folder, info.isDirectory());
  if (graph) return readDataform(graph.path, graph.json);
  const { found, unread } = await readFiles([folder]);
  const tables = found.map(({ path, file }) => ({ from: path, file, notes: [] }));
  return { tool: "plain SQL", tables, left: unread };
}

async function findManifest(folder: string): Promise<string | null> {
  for (const path of [join(folder, "manifest.json"), join(folder, "target", "manifest.json")]) {
    if ((await stat(path).catch(() => null))?.isFile()) return path;
  }
  return null;
}

async function findGraph(
  path: string,
  isFolder: boolean,
): Promise<{ path: string; json: unknown } | null> {
  const files = isFolder
    ? (await readdir(path)).filter((name) => name.endsWith(".json")).map((name) => join(path, name))
    : path.endsWith(".json")
      ? [path]
      : [];
  for (const file of files) {
    // A project has other JSON, whole or not: only a graph is one.
    const json = await readJson(file).catch(() => null);
    if (isDataform(json)) return { path: file, json };
  }
  return null;
}
