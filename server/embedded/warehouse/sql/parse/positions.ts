import { WarehouseError, type WarehouseErrorReason } from "../../contract.ts";

/** BigQuery's `[line:column]`, both from 1, columns in characters. */
export function position(sql: string, offset: number): string {
  const before = sql.slice(0, offset);
  const line = before.split("\n").length;
  const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
  return `[${line}:${column}]`;
}

export function errorAt(
  sql: string,
  offset: number,
  message: string,
  reason: WarehouseErrorReason = "invalidQuery",
): WarehouseError {
  return new WarehouseError(reason, `${message} at ${position(sql, offset)}`);
}

export function syntaxError(sql: string, offset: number, message: string): WarehouseError {
  return errorAt(sql, offset, `Syntax error: ${message}`);
}

/** The refusal: right in BigQuery, not here. */
export function notSupported(what: string): WarehouseError {
  return new WarehouseError("notImplemented", `not supported by the local warehouse: ${what}`);
}
