import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import { MaestroError } from "../../../shared/errors.ts";

/**
 * Throws unless BigQuery loaded as many rows as were read from the source: `outputRows` of the load
 * job's statistics. The room has compared source and staged already.
 */
export function checkLoadedRows(result: TransferResult, outputRows: number): void {
  if (outputRows === result.rows) return;
  throw new MaestroError(
    "warehouse",
    `the source gave ${result.rows} rows but the load job stored ${outputRows}`,
  );
}
