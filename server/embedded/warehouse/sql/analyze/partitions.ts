import { partitionTimeColumn, WarehouseError, type WarehouseTable } from "../../contract.ts";
import { quoteName } from "../types/types.ts";
import type { Context } from "./context.ts";

const digits = { HOUR: 10, DAY: 8, MONTH: 6, YEAR: 4 } as const;

/** `table$20240131`: the rows of one partition. */
export function partitionFilter(ctx: Context, table: WarehouseTable, decorator: string): string {
  const { partitioning } = table;
  if (!partitioning || !/^\d+$/.test(decorator) || decorator.length !== digits[partitioning.type]) {
    if (decorator.startsWith("__")) throw ctx.refuse(`the partition $${decorator}`);
    throw new WarehouseError(
      "invalid",
      `Invalid table partition: ${table.name.tableId}$${decorator}`,
    );
  }
  const [, year = "", month = "01", day = "01", hour = "00"] =
    /^(\d{4})(\d\d)?(\d\d)?(\d\d)?$/.exec(decorator) ?? [];
  const from = `${year}-${month}-${day} ${hour}:00:00`;
  const { field, type } = partitioning;
  const column = quoteName(field ?? partitionTimeColumn);
  const kind = field === null ? "TIMESTAMP" : table.schema.find((f) => f.name === field)?.type;
  const local = kind === "TIMESTAMP" ? `timezone('UTC', ${column})` : column;
  return `(SELECT * FROM ${table.relation} WHERE ${local} >= TIMESTAMP '${from}' AND ${local} < TIMESTAMP '${from}' + INTERVAL 1 ${type})`;
}
