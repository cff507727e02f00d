import { fileUrl } from "../../../shared/git.ts";
import { selectGitFile } from "../../db/git-files.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";
import { remoteKey } from "./git-remote.ts";

/** The page of a table's file in the repository; null where it has none, or its host's pages are unknown. */
export async function tableFileUrl(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
  tableId: number,
): Promise<string | null> {
  const settings = await readSettings(deps, ["git.url", "git.branch"]);
  const { "git.url": url, "git.branch": set } = settings;
  if (url === null) return null;
  const branch = set ?? "main";
  const file = await selectGitFile(deps.db, remoteKey({ url, branch }), tableId);
  return file && fileUrl(url, branch, `${file.path}.${file.sqlSha === null ? "yaml" : "sql"}`);
}
