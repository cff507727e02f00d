import { eq } from "drizzle-orm";
import { frequencies } from "../../drizzle/schema/frequencies.ts";
import { datasets, tableReferences, tables } from "../../drizzle/schema/tables.ts";
import type { Db } from "../../server/db/client.ts";
import { type TableDefinitionInput, tableDefinitionSchema } from "../../shared/table.ts";

/** Writes tables with their references straight into the catalog; ids by name. */
export async function insertCatalog(
  db: Db,
  wanted: ({ name: string; parents?: string[] } & Partial<TableDefinitionInput>)[],
  dataset = "d",
): Promise<Map<string, number>> {
  await db.insert(datasets).values({ name: dataset }).onConflictDoNothing();
  const all = await db.select().from(datasets);
  const datasetId = all.find((each) => each.name === dataset)!.id;
  const ids = new Map<string, number>();
  for (let at = 0; at < wanted.length; at += 500) {
    const batch = wanted.slice(at, at + 500);
    const rows = batch.map(({ parents: _, ...input }) => {
      const { dataset: __, ...columns } = tableDefinitionSchema.parse({
        kind: "summary",
        query: `select '${input.name}' as name`,
        ...input,
        dataset,
      });
      return { ...columns, datasetId };
    });
    const inserted = await db
      .insert(tables)
      .values(rows)
      .returning({ id: tables.id, name: tables.name });
    for (const { id, name } of inserted) ids.set(name, id);
    const references = batch.flatMap(({ name, parents = [] }) =>
      parents.map((parent) => ({
        tableId: ids.get(name)!,
        source: `${dataset}.${parent}`,
        dataset,
        name: parent,
        foundBy: ["ast" as const],
      })),
    );
    if (references.length > 0) await db.insert(tableReferences).values(references);
  }
  return ids;
}

export async function insertFrequency(
  db: Db,
  values: Partial<typeof frequencies.$inferInsert> = {},
): Promise<number> {
  const [row] = await db
    .insert(frequencies)
    .values({ name: `frequency ${Math.random()}`, periodSeconds: 86_400, ...values })
    .returning({ id: frequencies.id });
  return row!.id;
}

/** Lets a frequency tick that was written inactive, until its tables were there. */
export async function activateFrequency(db: Db, id: number): Promise<void> {
  await db.update(frequencies).set({ active: true }).where(eq(frequencies.id, id));
}
