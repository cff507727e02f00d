import { MaestroError } from "../../../shared/errors.ts";
import { type TableFile, tableFileSchema } from "../../../shared/table-file.ts";
import type { GitBranch } from "../../connectors/git.ts";
import type { CatalogNames } from "../files/catalog-names.ts";
import { readTableFile, writeTableFile } from "../files/table-file.ts";

/** Larger files are no table. */
const mostBytes = 4_000_000;

/** `tables/<dataset>/<name>`, without the ending. */
export function pathOf({ dataset, name }: Pick<TableFile, "dataset" | "name">): string {
  return `tables/${dataset}/${name}`;
}

/** The paths of all tables of a branch. */
export function pathsOf(branch: GitBranch): string[] {
  const stems = [...branch.files.keys()].flatMap((path) => {
    const [, stem] = /^(tables\/[A-Za-z0-9_]+\/[A-Za-z0-9_]+)\.(?:sql|yaml)$/.exec(path) ?? [];
    return stem ?? [];
  });
  return [...new Set(stems)];
}

/** A table's files as they are in the branch. Throws `invalidInput` for what is no text. */
export async function readBranchFile(branch: GitBranch, path: string): Promise<TableFile> {
  const [, dataset = "", name = ""] = path.split("/");
  const sql = branch.files.get(`${path}.sql`);
  const settings = branch.files.get(`${path}.yaml`);
  const found = [sql, settings].flatMap((file) => (file ? [file] : []));
  if (found.some(({ bytes }) => bytes > mostBytes)) {
    throw new MaestroError("invalidInput", `${path} is larger than ${mostBytes} bytes`);
  }
  const texts = await branch.read(found.map(({ sha }) => sha));
  const textOf = (file: { sha: string } | undefined) => {
    if (!file) return null;
    const text = texts.get(file.sha) ?? null;
    if (text === null) throw new MaestroError("invalidInput", `${path} is not in UTF-8`);
    return text;
  };
  const parsed = tableFileSchema.safeParse({
    dataset,
    name,
    sql: textOf(sql),
    settings: textOf(settings) ?? "{}",
  });
  if (parsed.success) return parsed.data;
  throw new MaestroError("invalidInput", `${path}: ${parsed.error.issues[0]?.message}`);
}

/** The same in the one form that Maestro writes; null where it cannot be read. */
export async function readBranchTable(
  branch: GitBranch,
  path: string,
  names: CatalogNames,
): Promise<TableFile | null> {
  try {
    const file = await readBranchFile(branch, path);
    return writeTableFile(readTableFile(file, names, null, null), names);
  } catch (error) {
    if (error instanceof MaestroError) return null;
    throw error;
  }
}
