import { MaestroError } from "../../../shared/errors.ts";
import {
  type SavedTable,
  type TableDefinition,
  tableDefinitionSchema,
} from "../../../shared/table.ts";
import { hasGroup } from "../../db/groups.ts";
import { selectTable, selectTableVersions } from "../../db/tables.ts";
import type { Actor } from "../audit/record-change.ts";
import { type CatalogDeps, updateTable } from "./save-table.ts";

/**
 * Saves an old version anew, on top of the newest. `mayUse` refuses a definition that the caller
 * may not save, such as one of another group.
 */
export async function restoreVersion(
  deps: CatalogDeps,
  input: { id: number; version: number },
  actor: Actor,
  mayUse: (definition: TableDefinition) => void,
): Promise<SavedTable> {
  const { id } = input;
  const [found, versions] = await Promise.all([
    selectTable(deps.db, id),
    selectTableVersions(deps.db, id),
  ]);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const old = versions.find(({ version }) => version === input.version);
  if (!old) {
    throw new MaestroError("notFound", `${found.row.name} has no version ${input.version}`, {
      field: "version",
    });
  }
  // A version of an older Maestro may lack fields that came later.
  const kept = tableDefinitionSchema.parse(old.definition);
  // Its group may be gone by now: the table then stays where it is.
  const isGone = kept.groupId !== null && !(await hasGroup(deps.db, kept.groupId));
  const definition = isGone ? { ...kept, groupId: found.row.groupId } : kept;
  mayUse(definition);
  return updateTable(deps, { id, version: found.row.version, definition }, actor);
}
