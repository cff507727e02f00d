import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { TableFile } from "../../shared/table-file.ts";

/** A table read from a disk, and where it was. */
export interface FoundFile {
  path: string;
  file: TableFile;
}

/** What stands in a folder and is no table, and why. */
export interface UnreadFile {
  path: string;
  reason: string;
}

const settingsEndings = new Set([".yaml", ".yml"]);
const skippedFolders = new Set([".git", "node_modules"]);
/** Larger ones are no SQL that anybody wrote. */
const mostBytes = 4_000_000;

/**
 * Tables of files and folders: `<dataset>/<name>.sql` or `<dataset>.<name>.sql`, each with its settings
 * beside it as `.yaml`, or with settings alone where a table has no SQL. Links are not followed.
 */
export async function readFiles(
  paths: string[],
): Promise<{ found: FoundFile[]; unread: UnreadFile[] }> {
  const unread: UnreadFile[] = [];
  const files = (await Promise.all(paths.map((path) => listFiles(path, unread)))).flat();
  const texts = new Map<string, { sql: string | null; settings: string | null; path: string }>();
  for (const path of [...new Set(files)].sort()) {
    const isSql = extname(path) === ".sql";
    if (!isSql && !settingsEndings.has(extname(path))) continue;
    const text = await readText(path);
    // A project has other files in YAML: the settings of a table without SQL say its kind.
    const stem = path.slice(0, -extname(path).length);
    if (!isSql && !files.includes(`${stem}.sql`) && !/^kind:/m.test(text)) continue;
    const entry = texts.get(stem) ?? { sql: null, settings: null, path };
    if (isSql) texts.set(stem, { ...entry, sql: text, path });
    else texts.set(stem, { ...entry, settings: text });
  }
  const found: FoundFile[] = [];
  for (const [stem, { path, ...text }] of texts) {
    const named = nameOf(stem);
    if (named === null) unread.push({ path, reason: "its folder and name are no dataset.name" });
    else found.push({ path, file: { ...named, ...text } });
  }
  return { found, unread };
}

async function listFiles(path: string, unread: UnreadFile[]): Promise<string[]> {
  const full = resolve(path);
  const info = await stat(full).catch((cause: unknown) => {
    throw new MaestroError("invalidInput", `${path} cannot be read: ${messageOf(cause)}`);
  });
  if (!info.isDirectory()) return [full, ...(await besides(full))];
  return walk(full, unread);
}

/** The other file of the same table. */
async function besides(path: string): Promise<string[]> {
  const stem = path.slice(0, -extname(path).length);
  const others = [".sql", ...settingsEndings].map((ending) => `${stem}${ending}`);
  const there = await Promise.all(
    others.map(async (other) =>
      (await stat(other).catch(() => null))?.isFile() && other !== path ? [other] : [],
    ),
  );
  return there.flat();
}

async function walk(folder: string, unread: UnreadFile[]): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new MaestroError("invalidInput", `${folder} cannot be read: ${messageOf(cause)}`);
  });
  const listed = await Promise.all(
    entries.map((entry) => listEntry(join(folder, entry.name), entry, unread)),
  );
  return listed.flat();
}

async function listEntry(path: string, entry: Dirent, unread: UnreadFile[]): Promise<string[]> {
  if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : walk(path, unread);
  if (entry.isFile()) return [path];
  if (extname(path) === ".sql")
    unread.push({ path, reason: "it is a link: links are not followed" });
  return [];
}

function nameOf(stem: string): { dataset: string; name: string } | null {
  const last = basename(stem);
  const parts = last.includes(".") ? last.split(".") : [basename(dirname(stem)), last];
  const [dataset = "", name = "", ...rest] = parts;
  const isName = (text: string) => /^[A-Za-z0-9_]{1,1024}$/.test(text);
  return rest.length === 0 && isName(dataset) && isName(name) ? { dataset, name } : null;
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new MaestroError("invalidInput", `${path} cannot be read: ${messageOf(cause)}`);
  });
  if (bytes.length > mostBytes) {
    throw new MaestroError("invalidInput", `${path} is larger than ${mostBytes} bytes`);
  }
  try {
    // A byte order mark is no part of a query.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new MaestroError("invalidInput", `${path} is not in UTF-8: save it in UTF-8`);
  }
}
