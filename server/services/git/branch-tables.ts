import { MaestroError } from "../../../shared/errors.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import { type TableFile, tableFileSchema } from "../../../shared/table-file.ts";
import type { GitBranch } from "../../connectors/git.ts";
import type { GitText } from "../../connectors/git-files.ts";
import type { CatalogNames } from "../files/catalog-names.ts";
import { readTableFile } from "../files/table-file.ts";

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

type Texts = Map<string, GitText>;

/** The texts of tables of the branch, fetched together. */
export function readTextsOf(branch: GitBranch, paths: string[]): Promise<Texts> {
  const files = paths.flatMap((path) => [`${path}.sql`, `${path}.yaml`]);
  return branch.read(files.flatMap((file) => branch.files.get(file) ?? []));
}

/** A table's files as they are in the branch. Throws `invalidInput` for what is no text. */
export function readBranchFile(branch: GitBranch, path: string, texts: Texts): TableFile {
  const [, dataset = "", name = ""] = path.split("/");
  const textOf = (file: string) => {
    const sha = branch.files.get(file);
    if (sha === undefined) return null;
    const found = texts.get(sha) ?? { fault: "could not be read" };
    if ("text" in found) return found.text;
    throw new MaestroError("invalidInput", `${file} ${found.fault}`);
  };
  const parsed = tableFileSchema.safeParse({
    dataset,
    name,
    sql: textOf(`${path}.sql`),
    settings: textOf(`${path}.yaml`) ?? "{}",
  });
  if (parsed.success) return parsed.data;
  throw new MaestroError("invalidInput", `${path}: ${parsed.error.issues[0]?.message}`);
}

/** The definition that the branch has of a table; null where it cannot be read. */
export async function readBranchTable(
  branch: GitBranch,
  path: string,
  { names, before }: { names: CatalogNames; before: TableDefinition },
): Promise<TableDefinition | null> {
  try {
    const texts = await readTextsOf(branch, [path]);
    return readTableFile(readBranchFile(branch, path, texts), names, before, null);
  } catch (error) {
    if (error instanceof MaestroError) return null;
    throw error;
  }
}
