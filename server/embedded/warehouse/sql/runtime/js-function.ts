import type { DuckDBBlobValue, DuckDBIntervalValue, DuckDBType } from "@duckdb/node-api";

export type JsValue = string | number | bigint | boolean | DuckDBBlobValue | DuckDBIntervalValue;

/** A scalar function in JavaScript. NULL in, NULL out. */
export interface JsFunction {
  parameters: DuckDBType[];
  returns: DuckDBType;
  compute: (...args: never[]) => JsValue | null;
}

export const define = <A extends JsValue[]>(
  parameters: DuckDBType[],
  returns: DuckDBType,
  compute: (...args: A) => JsValue | null,
): JsFunction => ({ parameters, returns, compute: compute as unknown as JsFunction["compute"] });
