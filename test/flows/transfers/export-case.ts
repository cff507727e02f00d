import { eq } from "drizzle-orm";
import { expect } from "vitest";
import { tables } from "../../../drizzle/schema/tables.ts";
import type { DatabaseKind } from "../../../shared/database.ts";
import type { ExportMode } from "../../../shared/table.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { allRows, firstRows, glanceOf } from "./import-case.ts";
import type { Surroundings } from "./surroundings.ts";
import { openTransferCase } from "./transfer-case.ts";
import { type Readers, watchReaders } from "./watch-readers.ts";

const rowsFrom = (from: number, to: number) => `select id, case mod(id, 5) when 0 then null
  when 1 then '' when 2 then concat('a "q", \\\\N\\r\\n ', cast(id as string))
  else to_hex(md5(cast(id as string))) end as name, id * 7 as amount
  from unnest(generate_array(${from}, ${to})) as id`;

/**
 * A table whose first rows are exported, and many more are there to be. Those who look at the target may
 * see what was and what is to be, and nothing between.
 */
export async function openExportCase(
  surroundings: Surroundings,
  kind: DatabaseKind,
  mode: ExportMode,
) {
  const opened = await openTransferCase(surroundings, kind);
  const { place, deps, name, databaseId } = opened;
  const ids = await insertCatalog(deps.db, [
    {
      ...{ name, query: rowsFrom(1, firstRows) },
      ...{ exportDatabaseId: databaseId, exportTable: name, exportMode: mode },
    },
  ]);
  const tableId = ids.get(name) ?? 0;
  return {
    ...opened,
    tableId,
    /** Exports the first rows, and makes the others those of the next run. */
    async begin() {
      const first = await opened.run(tableId);
      expect(await opened.ended(first)).toEqual({ state: "succeeded", reason: null });
      const query = rowsFrom(mode === "append" ? firstRows + 1 : 1, allRows);
      await deps.db.update(tables).set({ query }).where(eq(tables.id, tableId));
      return watchReaders({ target: async () => (await place.glance(name)) ?? "none" });
    },
    /** All rows are there, once, and nothing else is left of the export. */
    async checkWhole(tableRunId: number, readers: Readers) {
      expect(await opened.ended(tableRunId)).toEqual({ state: "succeeded", reason: null });
      const sum = (await opened.digest(
        mode === "append" ? `(${rowsFrom(1, allRows)})` : `d.${name}`,
      )) as { rows: number };
      expect(await place.digest(name)).toEqual(sum);
      expect(sum.rows).toBe(allRows);
      expect((await readers.stop())["target"]).toEqual([glanceOf(firstRows), glanceOf(allRows)]);
      await opened.checkNothingLeft();
    },
    async close() {
      await opened.close();
      await place.query(`drop table if exists ${name}`);
    },
  };
}

export type ExportCase = Awaited<ReturnType<typeof openExportCase>>;
