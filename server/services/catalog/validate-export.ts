import { and, eq, isNull, or, sql } from "drizzle-orm";
import { databases, datasets, tables } from "../../../drizzle/schema/tables.ts";
import type { DatabaseKind } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import { faultOfTargetName, isReservedTarget } from "../../../shared/target-name.ts";
import type { Db } from "../../db/client.ts";
import { nameNoTable, parseDatabaseTable } from "../../domain/database-table.ts";
import { validateImportQuery } from "../transfers/validate-import-query.ts";

/**
 * Which fields of an export belong together, that its database may be written to, and that no other
 * table is written over by it. Throws `invalidInput` with the field and what to do.
 */
export async function validateExport(
  db: Db,
  definition: TableDefinition,
  tableId: number | null,
): Promise<void> {
  const { exportDatabaseId, exportTable, exportMode } = definition;
  if (exportDatabaseId === null) {
    refuseWithoutDatabase("exportTable", exportTable.trim() !== "");
    refuseWithoutDatabase("exportMode", exportMode !== "replace");
    refuseWithoutDatabase("exportKeys", definition.exportKeys.length > 0);
    return;
  }
  validateKeys(definition);
  if (exportTable.trim() !== "" && !parseDatabaseTable(exportTable)) {
    throw invalid("exportTable", nameNoTable(exportTable));
  }
  const [database] = await db
    .select({
      name: databases.name,
      kind: databases.kind,
      database: databases.database,
      mayExport: databases.mayExport,
    })
    .from(databases)
    .where(eq(databases.id, exportDatabaseId));
  if (!database) {
    throw invalid("exportDatabaseId", `there is no database with id ${exportDatabaseId}`);
  }
  if (!database.mayExport) {
    throw invalid("exportDatabaseId", `exports to ${database.name} are turned off: ask an admin`);
  }
  refuseTargetName(definition, database);
  await refuseSharedTarget(db, definition, tableId, database);
  await refuseSource(db, definition, tableId, database);
}

function refuseTargetName(
  { exportTable, name: own }: TableDefinition,
  { name: database, kind }: { name: string; kind: DatabaseKind },
): void {
  const { name } = parseDatabaseTable(exportTable) ?? { name: own };
  if (isReservedTarget(name)) {
    throw invalid(
      "exportTable",
      `tables named maestro_… are Maestro's own: ${name} is none to choose`,
    );
  }
  const fault = faultOfTargetName(kind, name);
  if (fault === null) return;
  throw invalid(
    "exportTable",
    `${database} can have no table named ${name}: ${fault}; name a shorter one`,
  );
}

function validateKeys({ exportMode, exportKeys }: TableDefinition): void {
  if (exportMode !== "upsert") {
    if (exportKeys.length === 0) return;
    throw invalid("exportKeys", `keys are for upserts: an export that ${exportMode}s has none`);
  }
  if (exportKeys.length === 0) {
    throw invalid("exportKeys", "an upsert needs keys: name the columns that tell rows apart");
  }
  const twice = exportKeys.find(
    (key, at) => exportKeys.findIndex((other) => other.toLowerCase() === key.toLowerCase()) !== at,
  );
  if (twice !== undefined) throw invalid("exportKeys", `${twice} is named twice: once is enough`);
}

/** Two tables may both add to one; where either replaces it, it would lose what the other wrote. */
async function refuseSharedTarget(
  db: Db,
  definition: TableDefinition,
  tableId: number | null,
  database: { name: string; kind: DatabaseKind; database: string },
): Promise<void> {
  const others = await db
    .select({
      id: tables.id,
      dataset: datasets.name,
      name: tables.name,
      exportTable: tables.exportTable,
      exportMode: tables.exportMode,
    })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(
      and(eq(tables.exportDatabaseId, definition.exportDatabaseId ?? 0), isNull(tables.deletedAt)),
    );
  const target = targetOf(definition, database);
  const other = others.find(
    (each) =>
      each.id !== tableId &&
      targetOf(each, database) === target &&
      (each.exportMode === "replace" || definition.exportMode === "replace"),
  );
  if (!other) return;
  throw invalid(
    "exportTable",
    `${other.dataset}.${other.name} is exported to the same table of ${database.name}: choose another name, or let both append or upsert`,
  );
}

/**
 * A replace of what an import reads would put our copy in the place of the source. Views and names that
 * other connections have for it are not seen; a target that was saved before may be imported back.
 */
async function refuseSource(
  db: Db,
  definition: TableDefinition,
  tableId: number | null,
  database: { name: string; kind: DatabaseKind; database: string },
): Promise<void> {
  if (definition.exportMode !== "replace") return;
  const target = targetOf(definition, database);
  const { name } = parseDatabaseTable(definition.exportTable) ?? definition;
  const all = await db
    .select({ table: tables, dataset: datasets.name })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(
      and(
        isNull(tables.deletedAt),
        or(
          eq(tables.id, tableId ?? 0),
          and(
            eq(tables.importDatabaseId, definition.exportDatabaseId ?? 0),
            sql`strpos(lower(${tables.query} || ' ' || ${tables.importTable}), lower(${name})) > 0`,
          ),
        ),
      ),
    );
  const saved = all.find(({ table }) => table.id === tableId)?.table;
  const isSaved =
    saved?.exportDatabaseId === definition.exportDatabaseId &&
    saved.exportMode === "replace" &&
    targetOf(saved, database) === target;
  if (isSaved) return;
  const readers = [...all.map(({ table, dataset }) => ({ ...table, dataset })), definition];
  const source = readers.find(
    (reader) =>
      reader.importDatabaseId === definition.exportDatabaseId &&
      sourceOf(reader, database) === target,
  );
  if (!source) return;
  throw invalid(
    "exportTable",
    `${source.dataset}.${source.name} imports this table of ${database.name}, which a replace would write over: choose another name`,
  );
}

function sourceOf(
  table: Pick<TableDefinition, "kind" | "query" | "importTable" | "idColumn">,
  database: { kind: DatabaseKind; database: string },
): string | null {
  if (table.kind !== "import") return null;
  try {
    const { select } = validateImportQuery(table, database.kind);
    return placeOf(select.table, database);
  } catch {
    // What no import can read is no source of one.
    return null;
  }
}

function targetOf(
  { exportTable, name }: { exportTable: string; name: string },
  database: { kind: DatabaseKind; database: string },
): string {
  return placeOf(parseDatabaseTable(exportTable) ?? { schema: null, name }, database);
}

function placeOf(
  table: { schema: string | null; name: string },
  { kind, database }: { kind: DatabaseKind; database: string },
): string {
  const schema = table.schema ?? (kind === "postgres" ? "public" : database);
  return JSON.stringify([schema, table.name]);
}

function refuseWithoutDatabase(field: keyof TableDefinition, given: boolean): void {
  if (given)
    throw invalid(field, `${field} is for exports: choose exportDatabaseId, or leave it out`);
}

function invalid(field: keyof TableDefinition, message: string): MaestroError {
  return new MaestroError("invalidInput", message, { field });
}
