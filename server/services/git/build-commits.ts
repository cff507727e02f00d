import { messageOf } from "../../../shared/errors.ts";
import { type TableDefinition, tableDefinitionSchema } from "../../../shared/table.ts";
import type { TableFile } from "../../../shared/table-file.ts";
import { blobSha, type GitBranch, type NewCommit } from "../../connectors/git.ts";
import type { Db } from "../../db/client.ts";
import { type GitFileRow, selectLiveVersion } from "../../db/git-files.ts";
import {
  type NamedCommit,
  type OpenGitNews,
  selectAuthor,
  selectVersionsOf,
} from "../../db/git-outbox.ts";
import { type CatalogNames, loadCatalogNames } from "../files/catalog-names.ts";
import { sameTables, writeTableFile } from "../files/table-file.ts";
import { pathOf, readBranchTable } from "./branch-tables.ts";

/** News that is settled with a commit. */
export type Settled = NamedCommit & { news: OpenGitNews };

export interface BuiltCommit extends NewCommit {
  settles: Omit<Settled, "sha">[];
}

interface Built {
  commits: BuiltCommit[];
  /** What the repository says already; their commit is not known, and empty. */
  agreed: Settled[];
  /** Ids of news that nothing is to be done for. */
  idle: number[];
  /** Removed tables that there is nothing more to agree on for. */
  forgotten: number[];
  conflicts: { tableId: number; path: string; version: number }[];
  /** Versions that cannot be written as files. */
  unwritable: { news: OpenGitNews; what: string; why: string }[];
}

const maestro = { name: "Maestro", email: "maestro@localhost" };

/** What the files of a path are, on top of the commits that were built so far. */
type Tree = Map<string, string>;

/**
 * The commits that bring saves to the branch, in their order: one each, and one for all tables that a
 * repository begins with. The same news on the same branch are the same commits.
 */
export async function buildCommits(
  db: Db,
  {
    news,
    branch,
    files,
  }: { news: OpenGitNews[]; branch: GitBranch; files: Map<number, GitFileRow> },
): Promise<Built> {
  const built: Built = {
    commits: [],
    agreed: [],
    idle: [],
    forgotten: [],
    conflicts: [],
    unwritable: [],
  };
  const names = await loadCatalogNames(db);
  const saves = news.flatMap((one) => (one.kind === "save" ? [one] : []));
  const versions = await selectVersionsOf(db, saves);
  const tree: Tree = new Map(branch.files);
  const known = new Map(files);
  for (const one of news) {
    if (one.kind === "remove") await buildRemoval(db, one, { built, tree, known });
    if (one.kind !== "save") continue;
    const saved = versions.get(`${one.tableId}/${one.version}`);
    const base = known.get(one.tableId);
    const isDone = base !== undefined && base.version >= one.version && !one.isForced;
    const version = saved && (await selectLiveVersion(db, one.tableId));
    if (!saved || isDone || version === null) {
      built.idle.push(one.id);
      continue;
    }
    const written = writeVersion(saved.definition, names);
    if ("why" in written) {
      const what = `${saved.definition.dataset}.${saved.definition.name}, version ${one.version}`;
      built.unwritable.push({ news: one, what, why: written.why });
    } else {
      const plan = { ...written, base, saved, names };
      await buildSave(one, plan, { built, tree, known, branch });
    }
  }
  return built;
}

/** A version of an older Maestro may lack settings that came later, or have what is refused by now. */
function writeVersion(
  saved: TableDefinition,
  names: CatalogNames,
): { definition: TableDefinition; file: TableFile } | { why: string } {
  const parsed = tableDefinitionSchema.safeParse(saved);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { why: `it cannot be read: ${issue?.path.join(".")}: ${issue?.message}` };
  }
  try {
    return { definition: parsed.data, file: writeTableFile(parsed.data, names) };
  } catch (error) {
    return { why: `it cannot be written as files: ${messageOf(error)}` };
  }
}

interface Surroundings {
  built: Built;
  tree: Tree;
  known: Map<number, GitFileRow>;
}

type Save = Extract<OpenGitNews, { kind: "save" }>;

async function buildSave(
  news: Save,
  plan: {
    definition: TableDefinition;
    file: TableFile;
    base: GitFileRow | undefined;
    saved: { savedAt: Date; author: { name: string; email: string } | null };
    names: CatalogNames;
  },
  { built, tree, known, branch }: Surroundings & { branch: GitBranch },
): Promise<void> {
  const { definition, file, base, saved, names } = plan;
  const path = pathOf(file);
  const sqlSha = file.sql === null ? null : blobSha(file.sql, branch.head);
  const settingsSha = blobSha(file.settings ?? "", branch.head);
  const settled = { news, path, sqlSha, settingsSha };
  const there = filesAt(tree, path);
  if (there.sqlSha === sqlSha && there.settingsSha === settingsSha && !isMoved(base, path, tree)) {
    built.agreed.push({ ...settled, sha: "" });
    known.set(news.tableId, rowOf(news, settled));
    return;
  }
  if (isChangedThere(news, path, base, tree)) {
    const theirs = await readBranchTable(branch, path, { names, before: definition });
    if (theirs !== null && sameTables(theirs, definition, names) && !isMoved(base, path, tree)) {
      built.agreed.push({ ...settled, ...there, sha: "" });
    } else {
      built.conflicts.push({ tableId: news.tableId, path, version: news.version });
      built.idle.push(news.id);
    }
    return;
  }
  const changes = changesTo(path, file, isMoved(base, path, tree) ? base?.path : undefined);
  for (const change of changes) {
    if (change.text === null) tree.delete(change.path);
    else tree.set(change.path, blobSha(change.text, branch.head));
  }
  known.set(news.tableId, rowOf(news, settled));
  add(built, news, settled, { changes, at: saved.savedAt, author: saved.author ?? maestro, file });
}

type Pair = Pick<GitFileRow, "sqlSha" | "settingsSha">;

function filesAt(tree: Tree, path: string): Pair {
  return { sqlSha: tree.get(`${path}.sql`) ?? null, settingsSha: tree.get(`${path}.yaml`) ?? null };
}

/** Whether the table has files still where they were agreed on, and is to have them elsewhere. */
function isMoved(base: GitFileRow | undefined, path: string, tree: Tree): boolean {
  if (base === undefined || base.version === 0 || base.path === path) return false;
  return tree.has(`${base.path}.sql`) || tree.has(`${base.path}.yaml`);
}

/**
 * Whether somebody else has changed the table's files, or made some where it is to have its own. What
 * was seen when it was decided that the catalog holds is no change.
 */
function isChangedThere(
  { isForced, over }: OpenGitNews & { kind: "save" | "remove" },
  path: string,
  base: GitFileRow | undefined,
  tree: Tree,
): boolean {
  // A decision of an older Maestro does not say what was seen.
  if (isForced && !over) return false;
  const before = base && base.version > 0 ? base : undefined;
  return [path, before?.path ?? path].some((key) => {
    const expected = [over, before].find((one) => one?.path === key);
    const there = filesAt(tree, key);
    return (
      there.sqlSha !== (expected?.sqlSha ?? null) ||
      there.settingsSha !== (expected?.settingsSha ?? null)
    );
  });
}

/** Beginnings are one commit; every save after it is one of its own. */
function add(
  built: Built,
  news: Save,
  settled: Omit<Settled, "sha">,
  commit: Pick<NewCommit, "changes" | "at" | "author"> & { file: TableFile },
): void {
  const { file, ...rest } = commit;
  const last = built.commits.at(-1);
  if (news.isFirst && last?.settles.every((one) => "isFirst" in one.news && one.news.isFirst)) {
    last.changes.push(...rest.changes);
    last.settles.push(settled);
    return;
  }
  const name = `${file.dataset}.${file.name}`;
  const message = news.isFirst
    ? "Tables as they are in Maestro\n"
    : `Save ${name}\n\nMaestro-Table: ${name}\nMaestro-Version: ${news.version}\n`;
  const author = news.isFirst ? maestro : rest.author;
  built.commits.push({ ...rest, author, message, settles: [settled] });
}

function rowOf(news: Save, { path, sqlSha, settingsSha }: Omit<Settled, "sha">): GitFileRow {
  const { tableId, version } = news;
  return { remote: "", tableId, path, version, sqlSha, settingsSha, conflictVersion: null };
}

function changesTo(path: string, file: TableFile, before: string | undefined) {
  const gone =
    before === undefined
      ? []
      : [".sql", ".yaml"].map((ending) => ({ path: `${before}${ending}`, text: null }));
  return [
    ...gone,
    { path: `${path}.sql`, text: file.sql },
    { path: `${path}.yaml`, text: file.settings },
  ];
}

async function buildRemoval(
  db: Db,
  news: Extract<OpenGitNews, { kind: "remove" }>,
  { built, tree, known }: Surroundings,
): Promise<void> {
  const base = known.get(news.tableId);
  const paths = base ? [`${base.path}.sql`, `${base.path}.yaml`] : [];
  const isGone = paths.every((path) => !tree.has(path));
  if (!base || isGone || isChangedThere(news, base.path, base, tree)) {
    built.idle.push(news.id);
    if (base && (isGone || base.version === 0)) built.forgotten.push(news.tableId);
    else if (base) {
      // What others changed meanwhile stays, until somebody says which side holds.
      built.conflicts.push({ tableId: news.tableId, path: base.path, version: base.version });
    }
    return;
  }
  for (const path of paths) tree.delete(path);
  known.delete(news.tableId);
  const name = base.path.replace(/^tables\//, "").replace("/", ".");
  built.commits.push({
    message: `Remove ${name}\n\nMaestro-Table: ${name}\n`,
    author: (await selectAuthor(db, news.userId)) ?? maestro,
    at: news.at,
    changes: paths.map((path) => ({ path, text: null })),
    settles: [{ news, path: base.path, sqlSha: null, settingsSha: null }],
  });
}
