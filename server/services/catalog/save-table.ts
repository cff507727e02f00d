import { MaestroError } from "../../../shared/errors.ts";
import {
  type SavedTable,
  type TableDefinition,
  type TableDefinitionInput,
  tableDefinitionSchema,
} from "../../../shared/table.ts";
import { selectExactReaders } from "../../db/catalog-edges.ts";
import type { Db } from "../../db/client.ts";
import { violatedConstraint } from "../../db/constraint.ts";
import { tellGit } from "../../db/git-outbox.ts";
import { replaceReferences } from "../../db/table-references.ts";
import {
  definitionOf,
  ensureDatasetRow,
  insertTable,
  insertTableVersion,
  selectTable,
  updateTableRow,
} from "../../db/tables.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { assertAcyclic } from "./assert-acyclic.ts";
import { lockCatalogGraph } from "./catalog-graph.ts";
import { type Inference, inferReferences } from "./infer-references.ts";
import { validateDefinition } from "./validate-definition.ts";

/*
 * A save: validate → infer what the SQL reads (outside of any transaction: it asks the parser and
 * the warehouse) → one transaction under the lock of the graph: the row, its references, the check
 * for cycles, the version, the audit line. Only the saved table's own references are written: who
 * reads it, and what a wildcard stands for, is found by joining. A refusal leaves nothing behind.
 */

export type CatalogDeps = Pick<Deps, "db" | "changes" | "warehouse" | "sqlParser">;

/** A save waits no longer than this for the dry run; it goes on without one then. */
const dryRunTimeoutMs = 4_000;

export async function createTable(
  deps: CatalogDeps,
  input: TableDefinitionInput,
  actor: Actor,
): Promise<SavedTable> {
  const definition = tableDefinitionSchema.parse(input);
  await validateDefinition(deps.db, definition, null);
  const inference = await inferReferences(deps, definition, { dryRunTimeoutMs });
  const id = await inGraphTransaction(deps, definition, async (tx) => {
    const datasetId = await ensureDatasetRow(tx, definition.dataset);
    const { warnings } = inference;
    const write = { definition, datasetId, warnings, ownerId: actor.userId };
    const made = await insertTable(tx, write);
    await finishSave(tx, { id: made, version: 1, definition, inference, actor });
    await recordChange(tx, actor, {
      action: "table.create",
      subjectKind: "table",
      subjectId: made,
      detail: { name: nameOf(definition), kind: definition.kind },
    });
    return made;
  });
  deps.changes.publish({ noun: "table", id });
  return { id, version: 1, warnings: inference.warnings };
}

/** Refused with `conflict` unless the table is still at `version`: nobody's edit is lost unseen. */
export async function updateTable(
  deps: CatalogDeps,
  input: { id: number; version: number; definition: TableDefinitionInput },
  actor: Actor,
): Promise<SavedTable> {
  const { id } = input;
  const definition = tableDefinitionSchema.parse(input.definition);
  await validateDefinition(deps.db, definition, id);
  const inference = await inferReferences(deps, definition, { dryRunTimeoutMs });
  const { version, orphans } = await inGraphTransaction(deps, definition, async (tx) => {
    const before = await requireVersion(tx, id, input.version);
    const changed = changedFields(before, definition);
    const isRenamed = changed.includes("name") || changed.includes("dataset");
    const orphans = isRenamed ? await selectExactReaders(tx, id) : [];
    const datasetId = await ensureDatasetRow(tx, definition.dataset);
    const forgetWatermark = importFields.some((field) => changed.includes(field));
    const { warnings } = inference;
    const write = { definition, datasetId, warnings, forgetWatermark };
    const saved = await updateTableRow(tx, id, input.version, write);
    if (saved === null) throw lostEdit(definition);
    await finishSave(tx, { id, version: saved, definition, inference, actor });
    await recordChange(tx, actor, {
      action: "table.update",
      subjectKind: "table",
      subjectId: id,
      detail: { name: nameOf(definition), version: saved, changed },
    });
    return { version: saved, orphans: orphans.map((name) => stillReads(name, before)) };
  });
  deps.changes.publish({ noun: "table", id });
  return { id, version, warnings: [...inference.warnings, ...orphans] };
}

/** A change of these makes the next import a whole one: the old watermark belongs to other rows. */
const importFields: (keyof TableDefinition)[] = [
  "kind",
  "dataset",
  "name",
  "importDatabaseId",
  "importTable",
  "query",
  "idColumn",
];

async function inGraphTransaction<T>(
  deps: CatalogDeps,
  definition: TableDefinition,
  body: (tx: Db) => Promise<T>,
): Promise<T> {
  try {
    return await deps.db.transaction(async (tx) => {
      await lockCatalogGraph(tx);
      return body(tx);
    });
  } catch (error) {
    if (violatedConstraint(error) === "tables_group_id_groups_id_fk") {
      const message = "this group was deleted meanwhile: choose another";
      throw new MaestroError("conflict", message, { field: "groupId", cause: error });
    }
    if (violatedConstraint(error) !== "tables_name") throw error;
    const message = `${nameOf(definition)} is in the catalog already: open it, or choose another name`;
    throw new MaestroError("conflict", message, { field: "name", cause: error });
  }
}

async function finishSave(
  tx: Db,
  save: {
    id: number;
    version: number;
    definition: TableDefinition;
    inference: Inference;
    actor: Actor;
  },
): Promise<void> {
  const { id, version, definition, inference, actor } = save;
  await replaceReferences(tx, id, inference.references);
  await assertAcyclic(tx, id);
  await insertTableVersion(tx, { tableId: id, version, definition, savedBy: actor.userId });
  await tellGit(tx, { kind: "save", tableId: id, version });
}

async function requireVersion(tx: Db, id: number, version: number): Promise<TableDefinition> {
  const found = await selectTable(tx, id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const definition = definitionOf(found.row, found.dataset);
  if (found.row.version !== version) throw lostEdit(definition, found.row.version);
  return definition;
}

function lostEdit(definition: TableDefinition, current?: number): MaestroError {
  const now = current === undefined ? "" : ` and is at version ${current} now`;
  return new MaestroError(
    "conflict",
    `${nameOf(definition)} was saved by someone else meanwhile${now}: reload it and apply your change again`,
    { field: "version" },
  );
}

/** A rename does not reach into other tables' SQL. */
function stillReads(reader: string, before: TableDefinition): string {
  return `${reader} still reads ${nameOf(before)}: change its SQL, or nothing makes what it reads.`;
}

function changedFields(before: TableDefinition, after: TableDefinition): string[] {
  const keys = Object.keys(after) as (keyof TableDefinition)[];
  return keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}

function nameOf(definition: TableDefinition): string {
  return `${definition.dataset}.${definition.name}`;
}
