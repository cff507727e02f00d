import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGit } from "../../../server/connectors/git.ts";
import { createTable, updateTable } from "../../../server/services/catalog/save-table.ts";
import type { Deps } from "../../../server/services/deps.ts";
import { commitSaves } from "../../../server/services/git/commit-saves.ts";
import { changeSettings } from "../../../server/services/settings/change-settings.ts";
import { type TableDefinition, tableDefinitionSchema } from "../../../shared/table.ts";
import { addUser, createTestDeps } from "../../api/support.ts";
import { type GitServer, startGitServer } from "../../support/git-server.ts";

export interface GitWorld {
  deps: Deps;
  git: GitServer;
  /** Where the copies are. */
  folder: string;
  copies(): Promise<string[]>;
  ann: { userId: number; name: string };
  /** Saves `d.<name>`: anew, or over a version of a table. */
  save(
    name: string,
    query: string,
    before?: { id: number; version: number },
  ): ReturnType<typeof createTable>;
  close(): Promise<void>;
}

/** A catalog and a real Git server that it is not told of yet. */
export async function startGitWorld(): Promise<GitWorld> {
  const context = await createTestDeps();
  const folder = await mkdtemp(join(tmpdir(), "maestro-git-test-"));
  const deps = { ...context.deps, git: createGit(folder) };
  const git = await startGitServer();
  const { id } = await addUser(deps, "ann@example.com", { isAdmin: true });
  const ann = { userId: id, name: "ann@example.com" };
  const definition = (name: string, query: string): TableDefinition =>
    tableDefinitionSchema.parse({ dataset: "d", name, kind: "summary", query });
  return {
    deps,
    git,
    folder,
    copies: () => readdir(folder),
    ann,
    save: (name, query, before) =>
      before
        ? updateTable(deps, { ...before, definition: definition(name, query) }, ann)
        : createTable(deps, definition(name, query), ann),
    async close() {
      await git.close();
      await context.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A catalog whose saves go to its Git server, with what tests of both do all the time. */
export async function startConnectedWorld() {
  const world = await startGitWorld();
  const { deps, git, ann } = world;
  await changeSettings(deps, ann, {
    "git.url": git.url,
    "git.token": git.token,
    "network.allowed": "127.0.0.1",
  });
  return {
    ...world,
    /** Commits and pulls what there is to. */
    pulse: () => commitSaves(deps, new AbortController().signal),
    /** A file of the branch. */
    show: (path: string) => git.git("show", `main:${path}`),
  };
}

export type ConnectedWorld = Awaited<ReturnType<typeof startConnectedWorld>>;
