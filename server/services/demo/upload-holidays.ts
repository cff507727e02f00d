import { MaestroError } from "../../../shared/errors.ts";
import { putFile } from "../../connectors/put-file.ts";
import type { Deps } from "../deps.ts";
import { holidaysCsv } from "./demo-tables.ts";

const table = "demo_raw.holidays";
const contentType = "text/csv";

/** Puts the CSV where a signed URL says, as a user's program would. The objects by table id. */
export async function uploadHolidays(
  deps: Pick<Deps, "objectStore">,
  ids: ReadonlyMap<string, number>,
): Promise<Map<number, string[]>> {
  const tableId = ids.get(table);
  if (tableId === undefined) throw new MaestroError("internal", `${table} is not in the catalog`);
  const name = `uploads/${table}/holidays.csv`;
  const url = await deps.objectStore.signedWriteUrl(name, 600, contentType);
  await putFile(url, holidaysCsv, contentType);
  return new Map([[tableId, [name]]]);
}
