import { MaestroError } from "../../../shared/errors.ts";
import { commitUrl } from "../../../shared/git.ts";
import type { TableVersionView } from "../../../shared/table.ts";
import { selectTable, selectTableVersions } from "../../db/tables.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";

/** Every save of a table, the newest first. */
export async function listVersions(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
  id: number,
): Promise<TableVersionView[]> {
  if (!(await selectTable(deps.db, id))) {
    throw new MaestroError("notFound", `there is no table with id ${id}`);
  }
  const versions = await selectTableVersions(deps.db, id);
  const { "git.url": url } = await readSettings(deps, ["git.url"]);
  return versions.map(({ commitSha: sha, ...version }) => ({
    ...version,
    commit: sha === null ? null : { sha, url: url === null ? null : commitUrl(url, sha) },
  }));
}
