import type { TableReferenceView } from "../../../shared/table.ts";
import { matchNames } from "../../db/catalog-edges.ts";
import type { Db } from "../../db/client.ts";
import type { StoredReference } from "../../db/table-references.ts";

/** References with the catalogued tables that they stand for now; `ownId` is no parent of itself. */
export async function resolveReferences(
  db: Db,
  references: StoredReference[],
  ownId: number | null,
): Promise<TableReferenceView[]> {
  const matches = await matchNames(db, references);
  return references.map((reference, index) => ({
    name: reference.source,
    foundBy: reference.foundBy,
    parents: matches
      .filter((match) => match.index === index && match.id !== ownId)
      .map(({ id, name }) => ({ id, name })),
    ignored: reference.ignored,
  }));
}
