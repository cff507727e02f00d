import { MaestroError } from "../../../shared/errors.ts";
import type { TableDetail } from "../../../shared/table.ts";
import { selectChildIds, selectParentIds } from "../../db/catalog-edges.ts";
import { idArray } from "../../db/sql-text.ts";
import { selectTableList, selectTableStatuses } from "../../db/table-list.ts";
import { selectReferences } from "../../db/table-references.ts";
import { definitionOf, selectTable } from "../../db/tables.ts";
import { mayWriteGroup } from "../access/authorize.ts";
import type { SignedIn } from "../access/principal.ts";
import type { Deps } from "../deps.ts";
import { explainTableRun } from "../why/explain-table-run.ts";
import { resolveReferences } from "./resolve-references.ts";

/** One table whole, as the principal may see and change it. */
export async function getTable(
  deps: Pick<Deps, "db" | "limits" | "sheets">,
  id: number,
  principal: SignedIn,
): Promise<TableDetail> {
  const { db } = deps;
  const [found, [listed], stored, parentIds, childIds] = await Promise.all([
    selectTable(db, id),
    selectTableList(db, { id, limit: 1 }),
    selectReferences(db, id),
    selectParentIds(db, id),
    selectChildIds(db, id),
  ]);
  if (!found || !listed) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const { tableRunId, ...item } = listed;
  const lastRun = tableRunId === null ? null : await explainTableRun(deps, tableRunId);
  const references = await resolveReferences(db, stored, id);
  const children = await selectTableStatuses(db, idArray(childIds));
  const counted = new Set(parentIds);
  const parents = new Map(
    references.flatMap((reference) => reference.parents).map((parent) => [parent.id, parent]),
  );
  return {
    ...item,
    statusReason: lastRun?.reason.text ?? null,
    definition: definitionOf(found.row, found.dataset),
    version: found.row.version,
    references,
    parents: [...parents.values()].map((parent) => ({
      ...parent,
      ignored: !counted.has(parent.id),
    })),
    children: children.map((child) => ({ id: child.id, name: child.name })),
    warnings: found.row.warnings,
    spreadsheetUrl:
      found.row.spreadsheetId === null ? null : deps.sheets.urlOf(found.row.spreadsheetId),
    canWrite: mayWriteGroup(principal, found.row.groupId),
  };
}
