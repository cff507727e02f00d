import { MaestroError } from "../../../shared/errors.ts";
import { selectExactReaders } from "../../db/catalog-edges.ts";
import { tellGit } from "../../db/git-outbox.ts";
import { markTableDeleted, selectTable } from "../../db/tables.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { lockCatalogGraph } from "./catalog-graph.ts";

/**
 * Takes a table from the catalog; its history and its data in the warehouse stay. Refused while
 * other tables read it by name, because they would go on to read data that nothing renews: remove
 * or change those first, or ignore it there. Readers by wildcard do not hold it.
 * With `version`, a table that was saved since is a `conflict`.
 */
export async function removeTable(
  deps: Pick<Deps, "db" | "changes">,
  id: number,
  actor: Actor,
  version?: number,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await lockCatalogGraph(tx);
    const found = await selectTable(tx, id);
    if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
    const name = `${found.dataset}.${found.row.name}`;
    if (version !== undefined && found.row.version !== version) {
      const message = `${name} was changed meanwhile and is at version ${found.row.version} now`;
      throw new MaestroError("conflict", message, { field: "version" });
    }
    const readers = await selectExactReaders(tx, id);
    if (readers.length > 0) throw stillRead(name, readers);
    await markTableDeleted(tx, id);
    await tellGit(tx, { kind: "remove", tableId: id, userId: actor.userId });
    await recordChange(tx, actor, {
      action: "table.remove",
      subjectKind: "table",
      subjectId: id,
      detail: { name, version: found.row.version },
    });
  });
  deps.changes.publish({ noun: "table", id });
}

function stillRead(name: string, readers: string[]): MaestroError {
  const shown = readers.slice(0, 5).join(", ");
  const more = readers.length > 5 ? ` and ${readers.length - 5} more` : "";
  return new MaestroError(
    "conflict",
    `${name} is read by ${shown}${more}: remove or change those first, or ignore it there`,
  );
}
