import { expect } from "vitest";
import type { DatabaseKind } from "../../../shared/database.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { until } from "../../support/until.ts";
import type { Surroundings } from "./surroundings.ts";
import { openTransferCase } from "./transfer-case.ts";
import { type Readers, watchReaders } from "./watch-readers.ts";

export const firstRows = 10;
export const allRows = 20_010;

/** `n rows, their sum` of ids from 1. */
export const glanceOf = (rows: number) => `${rows} rows, ${(rows * (rows + 1)) / 2}`;

/**
 * A table whose first rows are imported, and many more are there to be. Those who look at the warehouse
 * and the bucket may see what was and what is to be, and nothing between.
 */
export async function openImportCase(
  surroundings: Surroundings,
  kind: DatabaseKind,
  importDividedFrom = 0,
) {
  const opened = await openTransferCase(surroundings, kind, importDividedFrom);
  const { place, deps, name, databaseId } = opened;
  const ids = await insertCatalog(deps.db, [
    {
      name,
      kind: "import",
      query: "",
      importDatabaseId: databaseId,
      importTable: name,
      idColumn: "id",
    },
  ]);
  const tableId = ids.get(name) ?? 0;
  await place.fill(name, 1, firstRows);
  const table = `d.${name}`;
  return {
    ...opened,
    tableId,
    /** Imports the first rows, and puts the others there. */
    async begin() {
      const first = await opened.run(tableId);
      expect(await opened.ended(first)).toEqual({ state: "succeeded", reason: null });
      await until("the first files are gone", async () => (await opened.objects()).length === 0);
      await place.fill(name, firstRows + 1, allRows);
      return watchReaders({
        warehouse: () => opened.glance(table),
        bucket: async () => (await opened.objects()).join(", "),
      });
    },
    /** All rows are there, once, and nothing else is left of the import. */
    async checkWhole(tableRunId: number, readers: Readers) {
      expect(await opened.ended(tableRunId)).toEqual({ state: "succeeded", reason: null });
      expect(await opened.digest(table)).toEqual(await place.digest(name));
      expect((await opened.readTable(tableId))?.lastId).toBe(String(allRows));
      const { warehouse = [], bucket = [] } = await readers.stop();
      expect([glanceOf(firstRows), glanceOf(allRows)]).toEqual(warehouse);
      const bytes = (await opened.readTransfer(tableRunId))?.bytes;
      const sizes = bucket.flatMap((state) => state.split(", ").filter((each) => each !== ""));
      const others = sizes.filter((each) => !each.endsWith(` ${bytes}`));
      if (importDividedFrom === 0) expect(others).toEqual([]);
      await opened.checkNothingLeft();
    },
    async close() {
      await opened.close();
      await place.query(`drop table ${name}`);
    },
  };
}

export type ImportCase = Awaited<ReturnType<typeof openImportCase>>;
