import { tableDefinitionSchema } from "../../../shared/table.ts";
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
import { sameFiles, writeTableFile } from "../files/table-file.ts";
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
  conflicts: { tableId: number; path: string; version: number }[];
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
  const built: Built = { commits: [], agreed: [], idle: [], conflicts: [] };
  const names = await loadCatalogNames(db);
  const saves = news.flatMap((one) => (one.kind === "save" ? [one] : []));
  const versions = await selectVersionsOf(db, saves);
  const tree: Tree = new Map([...branch.files].map(([path, { sha }]) => [path, sha]));
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
    // A version of an older Maestro may lack settings that came later.
    const definition = tableDefinitionSchema.parse(saved.definition);
    const file = writeTableFile(definition, names);
    const plan = { file, base, saved, names };
    await buildSave(one, plan, { built, tree, known, branch });
  }
  return built;
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
    file: TableFile;
    base: GitFileRow | undefined;
    saved: { savedAt: Date; author: { name: string; email: string } | null };
    names: CatalogNames;
  },
  { built, tree, known, branch }: Surroundings & { branch: GitBranch },
): Promise<void> {
  const { file, base, saved, names } = plan;
  const path = pathOf(file);
  const sqlSha = file.sql === null ? null : blobSha(file.sql, branch.head);
  const settingsSha = blobSha(file.settings ?? "", branch.head);
  const settled = { news, path, sqlSha, settingsSha };
  const at = (key: string) => ({
    sql: tree.get(`${key}.sql`) ?? null,
    yaml: tree.get(`${key}.yaml`) ?? null,
  });
  const there = at(path);
  if (there.sql === sqlSha && there.yaml === settingsSha) {
    built.agreed.push({ ...settled, sha: "" });
    known.set(news.tableId, rowOf(news, settled));
    return;
  }
  if (!news.isForced && isChangedThere(base, there, (key) => filesAt(tree, key))) {
    const theirs = await readBranchTable(branch, path, names);
    if (theirs !== null && sameFiles(theirs, file)) {
      built.agreed.push({ ...settled, sqlSha: there.sql, settingsSha: there.yaml, sha: "" });
    } else {
      built.conflicts.push({ tableId: news.tableId, path, version: news.version });
      built.idle.push(news.id);
    }
    return;
  }
  const changes = changesTo(path, file, base?.path);
  for (const change of changes) {
    if (change.text === null) tree.delete(change.path);
    else tree.set(change.path, blobSha(change.text, branch.head));
  }
  known.set(news.tableId, rowOf(news, settled));
  add(built, news, settled, { changes, at: saved.savedAt, author: saved.author ?? maestro, file });
}

interface Pair {
  sql: string | null;
  yaml: string | null;
}

function filesAt(tree: Tree, path: string): Pair {
  return { sql: tree.get(`${path}.sql`) ?? null, yaml: tree.get(`${path}.yaml`) ?? null };
}

/** Whether somebody else has changed the table's files, or made some where it is to have its own. */
function isChangedThere(
  base: GitFileRow | undefined,
  there: Pair,
  at: (path: string) => Pair,
): boolean {
  if (!base || base.version === 0) return there.sql !== null || there.yaml !== null;
  const was = at(base.path);
  return was.sql !== base.sqlSha || was.yaml !== base.settingsSha;
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
    before === undefined || before === path
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
  const there = paths.map((path) => tree.get(path) ?? null);
  const isGone = there.every((sha) => sha === null);
  const isSame = base && there[0] === base.sqlSha && there[1] === base.settingsSha;
  if (!base || isGone || !(isSame || news.isForced)) {
    // What others changed meanwhile stays: the next sync shows it as a table that is to be made.
    built.idle.push(news.id);
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
