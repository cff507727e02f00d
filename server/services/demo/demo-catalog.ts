import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { frequencies } from "../../../drizzle/schema/frequencies.ts";
import { databases } from "../../../drizzle/schema/tables.ts";
import type { TableDefinitionInput } from "../../../shared/table.ts";
import type { DatabaseAddress } from "../../connectors/database-address.ts";
import { selectTableId } from "../../db/tables.ts";
import { selectMe } from "../../db/users.ts";
import { createTable } from "../catalog/save-table.ts";
import { createDatabase } from "../databases/create-database.ts";
import { updateDatabase } from "../databases/update-database.ts";
import type { Deps } from "../deps.ts";
import { createFrequency } from "../frequencies/save-frequency.ts";
import { type DemoFrequency, type DemoTable, demoFrequencies, demoTables } from "./demo-tables.ts";

export interface DemoOwner {
  userId: number;
  name: string;
}

const databaseName = "Sample project";

/** Creates what is not there yet: the database, the frequencies, the tables. Table ids by name. */
export async function ensureDemoCatalog(
  deps: Deps,
  owner: DemoOwner,
  address: DatabaseAddress,
  onTable: (name: string) => Promise<void>,
): Promise<Map<string, number>> {
  const databaseId = await ensureDatabase(deps, owner, address);
  const frequencyIds = {
    hourly: await ensureFrequency(deps, owner, "hourly"),
    daily: await ensureFrequency(deps, owner, "daily"),
  };
  // As for a table made by hand: its maker's first group pays for it.
  const groupId = (await selectMe(deps.db, owner.userId))?.groups[0]?.id ?? null;
  const ids = new Map<string, number>();
  for (const table of demoTables) {
    await onTable(table.name);
    const [dataset = "", name = ""] = table.name.split(".");
    const found = await selectTableId(deps.db, dataset, name);
    const definition = await definitionOf(table, databaseId, frequencyIds);
    ids.set(table.name, found ?? (await createTable(deps, { ...definition, groupId }, owner)).id);
  }
  return ids;
}

async function ensureDatabase(
  deps: Deps,
  owner: DemoOwner,
  address: DatabaseAddress,
): Promise<number> {
  const input = { name: databaseName, ...address };
  const [found] = await deps.db
    .select({ id: databases.id })
    .from(databases)
    .where(eq(databases.name, databaseName));
  const { id } = found
    ? await updateDatabase(deps, { ...input, id: found.id, hasSameData: true }, owner)
    : await createDatabase(deps, input, owner);
  return id;
}

async function ensureFrequency(deps: Deps, owner: DemoOwner, key: DemoFrequency): Promise<number> {
  const wanted = demoFrequencies[key];
  const [found] = await deps.db
    .select({ id: frequencies.id })
    .from(frequencies)
    .where(eq(frequencies.name, wanted.name));
  if (found) return found.id;
  return (await createFrequency(deps, { ...wanted, timeZone: null, active: true }, owner)).id;
}

async function definitionOf(
  table: DemoTable,
  databaseId: number,
  frequencyIds: Record<DemoFrequency, number>,
): Promise<TableDefinitionInput> {
  const { name: fullName, frequency, sql: _sql, ...others } = table;
  const [dataset = "", name = ""] = fullName.split(".");
  const hasQuery = table.kind !== "external" && !table.importTable;
  return {
    ...others,
    dataset,
    name,
    query: hasQuery ? await readSql(table) : "",
    frequencyId: frequency === null ? null : frequencyIds[frequency],
    importDatabaseId: table.kind === "import" ? databaseId : null,
  };
}

async function readSql({ name, sql }: DemoTable): Promise<string> {
  const file = join(import.meta.dirname, "sql", `${sql?.file ?? name}.sql`);
  const text = await readFile(file, "utf8");
  return text.trimEnd().replaceAll("{{month}}", sql?.month ?? "");
}
