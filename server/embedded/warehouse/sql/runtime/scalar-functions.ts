import { createHash } from "node:crypto";
import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBScalarFunction,
  VARCHAR,
} from "@duckdb/node-api";
import { sandbox } from "../../javascript/sandbox.ts";
import { bigNumericFunctions } from "./big-numeric-functions.ts";
import { bytesFunctions } from "./bytes.ts";
import { sureFrom } from "./disputed-zones.ts";
import { farmFingerprint } from "./farm-fingerprint.ts";
import { formatTime } from "./format-time.ts";
import { formatDecimal, formatFloat, formatInteger, formatText } from "./format-values.ts";
import { intervalFunctions } from "./interval-functions.ts";
import { define, type JsFunction } from "./js-function.ts";
import {
  jsonCanonical,
  jsonMember,
  jsonQuery,
  jsonQueryArray,
  jsonScalar,
  jsonType,
  jsonValue,
  jsonValueArray,
} from "./json-access.ts";
import { jsonEdits } from "./json-edit.ts";
import { jsonString } from "./json-tree.ts";
import { netFunctions } from "./net.ts";
import {
  divideNumeric,
  floatText,
  floatToNumeric,
  jsonFloat,
  multiplyNumeric,
  roundFloat,
  truncFloat,
} from "./numbers.ts";
import { numericFunctions } from "./numeric-functions.ts";
import { parseTime } from "./parse-time.ts";
import { editDistance, initCap, translate } from "./texts.ts";
import { initCapAfter, instr, normalize, normalizeAndCasefold, soundex } from "./texts-unicode.ts";
import { zoneShift } from "./time-zones.ts";
import { zonedText } from "./zoned-text.ts";

/** What DuckDB's SQL cannot say, or says otherwise than BigQuery. NULL in, NULL out. */
const functions: Record<string, JsFunction> = {
  maestro_float_text: define([DOUBLE], VARCHAR, floatText),
  maestro_numeric_text: define([DOUBLE], VARCHAR, floatToNumeric),
  maestro_numeric_divide: define([VARCHAR, VARCHAR], VARCHAR, divideNumeric),
  maestro_numeric_multiply: define([VARCHAR, VARCHAR], VARCHAR, multiplyNumeric),
  maestro_round: define([DOUBLE, BIGINT], DOUBLE, (x: number, n: bigint) =>
    roundFloat(x, Number(n)),
  ),
  maestro_trunc: define([DOUBLE, BIGINT], DOUBLE, (x: number, n: bigint) =>
    truncFloat(x, Number(n)),
  ),
  maestro_reverse: define([VARCHAR], VARCHAR, (text: string) => [...text].reverse().join("")),
  maestro_initcap: define([VARCHAR], VARCHAR, initCap),
  maestro_format_time: define([VARCHAR, VARCHAR, BIGINT, BIGINT, VARCHAR], VARCHAR, formatTime),
  maestro_parse_time: define([VARCHAR, VARCHAR, VARCHAR], VARCHAR, parseTime),
  maestro_format_integer: define([VARCHAR, BIGINT], VARCHAR, formatInteger),
  maestro_format_float: define([VARCHAR, DOUBLE], VARCHAR, formatFloat),
  maestro_format_decimal: define([VARCHAR, VARCHAR], VARCHAR, formatDecimal),
  maestro_format_text: define([VARCHAR, VARCHAR], VARCHAR, formatText),
  maestro_json_value: define([VARCHAR, VARCHAR], VARCHAR, jsonValue),
  maestro_json_query: define([VARCHAR, VARCHAR], VARCHAR, jsonQuery),
  maestro_json_member: define([VARCHAR, VARCHAR], VARCHAR, jsonMember),
  maestro_json_query_array: define([VARCHAR, VARCHAR], VARCHAR, jsonQueryArray),
  maestro_json_value_array: define([VARCHAR, VARCHAR], VARCHAR, jsonValueArray),
  maestro_json_canonical: define([VARCHAR], VARCHAR, jsonCanonical),
  maestro_json_type: define([VARCHAR], VARCHAR, jsonType),
  maestro_json_scalar: define([VARCHAR, VARCHAR], VARCHAR, jsonScalar),
  maestro_json_string: define([VARCHAR], VARCHAR, jsonString),
  maestro_json_float: define([DOUBLE], VARCHAR, jsonFloat),
  maestro_upper: define([VARCHAR], VARCHAR, (text: string) => text.toUpperCase()),
  maestro_lower: define([VARCHAR], VARCHAR, (text: string) => text.toLowerCase()),
  maestro_translate: define([VARCHAR, VARCHAR, VARCHAR], VARCHAR, translate),
  maestro_edit_distance: define([VARCHAR, VARCHAR], BIGINT, (a: string, b: string) =>
    BigInt(editDistance(a, b)),
  ),
  maestro_sha512: define([VARCHAR], VARCHAR, (text: string) =>
    createHash("sha512").update(text).digest("hex"),
  ),
  maestro_farm_fingerprint: define([VARCHAR], BIGINT, farmFingerprint),
  ...bigNumericFunctions,
  maestro_zone_shift: define([VARCHAR], BIGINT, zoneShift),
  maestro_zone_sure_from: define([VARCHAR], BIGINT, sureFrom),
  maestro_zoned_text: define([BIGINT, BIGINT], VARCHAR, zonedText),
  maestro_soundex: define([VARCHAR], VARCHAR, soundex),
  maestro_instr: define([VARCHAR, VARCHAR, BIGINT, BIGINT], BIGINT, instr),
  maestro_normalize: define([VARCHAR, VARCHAR], VARCHAR, normalize),
  maestro_casefold: define([VARCHAR, VARCHAR], VARCHAR, normalizeAndCasefold),
  maestro_initcap_after: define([VARCHAR, VARCHAR], VARCHAR, initCapAfter),
  ...bytesFunctions,
  ...intervalFunctions,
  ...jsonEdits,
  ...netFunctions,
  ...numericFunctions,
};

/** Once for each database, through any connection to it: DuckDB keeps functions in its catalog. */
export function registerFunctions(connection: DuckDBConnection): void {
  registerJavascript(connection);
  for (const [name, { parameters, returns, compute }] of Object.entries(functions)) {
    connection.registerScalarFunction(
      DuckDBScalarFunction.create({
        name,
        parameterTypes: parameters,
        returnType: returns,
        mainFunction: (_info, input, output) => {
          const columns = parameters.map((_, i) => input.getColumnVector(i));
          const startedAt = performance.now();
          for (let row = 0; row < input.rowCount; row++) {
            if (row % 64 === 0) checkTime(name, startedAt);
            const args = columns.map((column) => column.getItem(row));
            output.setItem(row, args.includes(null) ? null : compute(...(args as never[])));
          }
          output.flush();
        },
      }),
    );
  }
}

/** The whole server stands still while a batch of rows is computed here. */
const batchMs = 5_000;

function checkTime(name: string, startedAt: number): void {
  if (performance.now() - startedAt < batchMs) return;
  throw new Error(
    `not supported by the local warehouse: values on which ${name.replace("maestro_", "")} works for more than ${batchMs / 1000} s a batch`,
  );
}

/** `(spec, arguments as JSON)`: what all rows of a batch need is asked for at once. */
function registerJavascript(connection: DuckDBConnection): void {
  for (const volatile of [false, true]) {
    connection.registerScalarFunction(
      DuckDBScalarFunction.create({
        name: volatile ? "maestro_javascript_volatile" : "maestro_javascript",
        parameterTypes: [VARCHAR, VARCHAR],
        returnType: VARCHAR,
        volatile,
        mainFunction: (_info, input, output) => {
          const [specs, rows] = [input.getColumnVector(0), input.getColumnVector(1)];
          const bySpec = new Map<string, number[]>();
          for (let row = 0; row < input.rowCount; row++) {
            const spec = String(specs.getItem(row));
            const group = bySpec.get(spec) ?? [];
            group.push(row);
            bySpec.set(spec, group);
          }
          for (const [spec, group] of bySpec) {
            const texts = group.map((row) => String(rows.getItem(row)));
            const values = sandbox.compute({ spec, rows: `[${texts.join(",")}]` });
            for (const [i, row] of group.entries()) output.setItem(row, values[i] ?? null);
          }
          output.flush();
        },
      }),
    );
  }
}
