import { eq } from "drizzle-orm";
import { frequencies } from "../../../drizzle/schema/frequencies.ts";
import { databases } from "../../../drizzle/schema/tables.ts";
import { groups } from "../../../drizzle/schema/users.ts";
import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import type { Db } from "../../db/client.ts";
import { checkWrittenNames } from "../../domain/column-names.ts";
import { readOutboundUrl } from "../../support/outbound-address.ts";
import { validateImportQuery } from "../transfers/validate-import-query.ts";
import { validateExport } from "./validate-export.ts";

/**
 * What the schema of a definition cannot say: which fields belong to which kind, and that what it
 * points at exists. Throws `invalidInput` with the field and what to do. `tableId` is the table that is
 * saved, null where it is new.
 */
export async function validateDefinition(
  db: Db,
  definition: TableDefinition,
  tableId: number | null,
): Promise<void> {
  validateKind(definition);
  const both = definition.extraParents.find((name) => definition.ignoredParents.includes(name));
  if (both !== undefined) {
    throw invalid(
      "ignoredParents",
      `${both} is an extra parent and an ignored one: take it from one of the lists`,
    );
  }
  if (
    definition.partitioning?.field &&
    definition.clustering.includes(definition.partitioning.field)
  ) {
    throw invalid(
      "clustering",
      `${definition.partitioning.field} partitions the table already: cluster by other columns`,
    );
  }
  validateNotifyUrls(definition.notifyUrls);
  await validatePointers(db, definition);
  await validateExport(db, definition, tableId);
}

function validateKind(definition: TableDefinition): void {
  const { kind, query, importDatabaseId, importTable, idColumn, legacySql } = definition;
  const hasQuery = query.trim() !== "";
  if (kind === "summary" && !hasQuery) {
    throw invalid("query", "a summary needs a query: write the SQL that makes the table");
  }
  if (kind === "external" && hasQuery) {
    throw invalid("query", "an external table is made of uploaded files: leave its query empty");
  }
  if (kind !== "summary" && legacySql) {
    throw invalid("legacySql", `legacy SQL is for summaries: an ${kind} table has none`);
  }
  if (kind !== "import") {
    refuseImportField("importDatabaseId", importDatabaseId !== null);
    refuseImportField("importTable", importTable !== "");
    refuseImportField("idColumn", idColumn !== null);
    refuseImportField("reimportConditions", definition.reimportConditions.length > 0);
    return;
  }
  validateImport(definition);
}

function validateImport(definition: TableDefinition): void {
  const { query, importDatabaseId, importTable, idColumn, reimportConditions } = definition;
  if (importDatabaseId === null) {
    throw invalid("importDatabaseId", "choose the database to import from");
  }
  if (query.trim() === "" && importTable.trim() === "") {
    throw invalid("importTable", "name the source's table, or write a SELECT of it");
  }
  if (idColumn === null && reimportConditions.length > 0) {
    throw invalid(
      "reimportConditions",
      "without an id column every run imports all rows anyway: choose one, or leave these empty",
    );
  }
}

/** Where they lead is looked at when they are sent to: an admin may allow more by then. */
function validateNotifyUrls(urls: string[]): void {
  for (const [at, url] of urls.entries()) {
    if (urls.indexOf(url) < at) throw invalid("notifyUrls", `${url} is there twice: take one out`);
    try {
      readOutboundUrl(url, ["0.0.0.0/0", "::/0"]);
    } catch (error) {
      const why = messageOf(error).replace(/^this is not /, "");
      throw invalid("notifyUrls", `write ${why}, not ${url === "" ? "nothing" : url}`);
    }
  }
}

function refuseImportField(field: keyof TableDefinition, given: boolean): void {
  if (given) throw invalid(field, `${field} is for imports: leave it empty`);
}

async function validatePointers(db: Db, definition: TableDefinition): Promise<void> {
  const { groupId, frequencyId, importDatabaseId } = definition;
  if (groupId !== null) {
    const found = await db.select({ id: groups.id }).from(groups).where(eq(groups.id, groupId));
    if (found.length === 0) throw invalid("groupId", `there is no group with id ${groupId}`);
  }
  if (frequencyId !== null) {
    const found = await db
      .select({ id: frequencies.id })
      .from(frequencies)
      .where(eq(frequencies.id, frequencyId));
    if (found.length === 0) {
      throw invalid("frequencyId", `there is no frequency with id ${frequencyId}`);
    }
  }
  if (importDatabaseId !== null) {
    const [found] = await db
      .select({ kind: databases.kind, name: databases.name, mayImport: databases.mayImport })
      .from(databases)
      .where(eq(databases.id, importDatabaseId));
    if (!found) {
      throw invalid("importDatabaseId", `there is no database with id ${importDatabaseId}`);
    }
    if (!found.mayImport) {
      throw invalid("importDatabaseId", `imports from ${found.name} are turned off by an admin`);
    }
    checkWrittenNames(validateImportQuery(definition, found.kind).select);
  }
}

function invalid(field: keyof TableDefinition, message: string): MaestroError {
  return new MaestroError("invalidInput", message, { field });
}
