import { coerce } from "../types/coerce.ts";
import { fill, quoteString, type Typed } from "../types/typed.ts";
import { arrayOf, type GType, type ScalarKind, scalar, typeName } from "../types/types.ts";
import type { CallSite, FunctionTable } from "./call-site.ts";
import { parseJsonPath } from "./json-path.ts";
import { signatureError } from "./supported-signatures.ts";
import { toJsonText } from "./to-json.ts";

const STRING = scalar("STRING");
const JSON_TYPE = scalar("JSON");

/** The text of a STRING or JSON argument, and the constant path as a list of steps. */
function subject(site: CallSite, legacy: boolean, needsPath: boolean) {
  const { call, ctx } = site;
  const arg = site.arg(0);
  const text = arg.type.kind === "JSON" ? `CAST(${arg.sql} AS VARCHAR)` : coerce(arg, STRING)?.sql;
  if (text === undefined || call.args.length > 2 || (needsPath && call.args.length < 2)) {
    const types = call.args.map((_, i) => typeName(site.arg(i).type));
    throw ctx.fail(call.pos, signatureError(`function ${call.name}`, types));
  }
  const path = call.args.length > 1 ? coerce(site.arg(1), STRING)?.constant?.value : "$";
  if (typeof path !== "string") throw ctx.refuse(`${call.name} with a path that is no constant`);
  if (path.includes("[-")) throw ctx.refuse(`${call.name} with a negative position in the path`);
  const steps = parseJsonPath(path, legacy);
  if (typeof steps === "string") throw ctx.fail(call.pos, steps);
  return { text, steps: quoteString(JSON.stringify(steps)), isJson: arg.type.kind === "JSON" };
}

function value(legacy: boolean) {
  return (site: CallSite): Typed => {
    const { text, steps } = subject(site, legacy, false);
    return { sql: `maestro_json_value(${text}, ${steps})`, type: STRING };
  };
}

function query(legacy: boolean) {
  return (site: CallSite): Typed => {
    const { text, steps, isJson } = subject(site, legacy, true);
    if (!isJson) return { sql: `maestro_json_query(${text}, ${steps})`, type: STRING };
    return { sql: `CAST(maestro_json_member(${text}, ${steps}) AS JSON)`, type: JSON_TYPE };
  };
}

function list(fn: string, legacy: boolean) {
  return (site: CallSite): Typed => {
    const { text, steps, isJson } = subject(site, legacy, false);
    if (isJson && fn === "maestro_json_query_array") {
      const texts = `from_json(${fn}(${text}, ${steps}), '["VARCHAR"]')`;
      const sql = `list_transform(${texts}, lambda _j: CAST(_j AS JSON))`;
      return { sql, type: arrayOf(JSON_TYPE) };
    }
    return { sql: `from_json(${fn}(${text}, ${steps}), '["VARCHAR"]')`, type: arrayOf(STRING) };
  };
}

const duckNames: Partial<Record<ScalarKind, string>> = {
  INT64: "BIGINT",
  FLOAT64: "DOUBLE",
  BOOL: "BOOLEAN",
  STRING: "VARCHAR",
};

/** INT64(json), FLOAT64(json), BOOL(json). */
function scalarOf(kind: ScalarKind): [string, string][] {
  const text = `maestro_json_scalar('${kind}', CAST($1 AS VARCHAR))`;
  return [[`JSON -> ${kind}`, `CAST(${text} AS ${duckNames[kind] ?? "VARCHAR"})`]];
}

function toJsonString(site: CallSite): Typed {
  const { call, ctx } = site;
  const isPretty = call.args.length > 1 ? site.arg(1).constant?.value : false;
  if (typeof isPretty !== "boolean")
    throw ctx.refuse("TO_JSON_STRING with a choice of pretty print that is no constant");
  const arg = site.arg(0);
  const type: GType = arg.type;
  const sql = fill(toJsonText(ctx, type, "$1"), [arg.sql]);
  return { sql: isPretty ? `maestro_json_pretty(${sql})` : sql, type: STRING };
}

export const jsonFunctions: FunctionTable = {
  JSON_VALUE: value(false),
  JSON_EXTRACT_SCALAR: value(true),
  JSON_QUERY: query(false),
  JSON_EXTRACT: query(true),
  JSON_QUERY_ARRAY: list("maestro_json_query_array", false),
  JSON_EXTRACT_ARRAY: list("maestro_json_query_array", true),
  JSON_VALUE_ARRAY: list("maestro_json_value_array", false),
  JSON_EXTRACT_STRING_ARRAY: list("maestro_json_value_array", true),
  JSON_TYPE: [["JSON -> STRING", "maestro_json_type(CAST($1 AS VARCHAR))"]],
  PARSE_JSON: [["STRING -> JSON", "CAST(maestro_json_canonical($1) AS JSON)"]],
  TO_JSON_STRING: toJsonString,
  INT64: scalarOf("INT64"),
  FLOAT64: scalarOf("FLOAT64"),
  BOOL: scalarOf("BOOL"),
};
