import { coerce } from "../types/coerce.ts";
import { fill, isNullLiteral, quoteString, type Typed } from "../types/typed.ts";
import { type ScalarKind, scalar, typeName } from "../types/types.ts";
import type { CallSite, FunctionTable } from "./call-site.ts";
import { parseJsonPath } from "./json-path.ts";
import { toJsonText } from "./to-json.ts";

const JSON_TYPE = scalar("JSON");
const STRING = scalar("STRING");

const asJson = (sql: string): Typed => ({ sql: `CAST(${sql} AS JSON)`, type: JSON_TYPE });

function noMatch(site: CallSite): Error {
  const types = positional(site).map((i) => typeName(site.arg(i).type));
  const given =
    types.length === 0 ? " with no arguments" : ` for argument types: ${types.join(", ")}`;
  return site.ctx.fail(
    site.call.pos,
    `No matching signature for function ${site.call.name}${given}`,
  );
}

const positional = (site: CallSite): number[] =>
  site.call.args.flatMap((arg, i) => (arg.k === "named" ? [] : [i]));

/** The constant BOOL of a named argument. */
function flag(site: CallSite, name: string, fallback: boolean): boolean {
  const node = site.call.args.find(
    (arg) => arg.k === "named" && arg.name.text.toLowerCase() === name,
  );
  if (node?.k !== "named") return fallback;
  const value = site.ctx.expr(site.env, node.value).constant?.value;
  if (typeof value !== "boolean")
    throw site.ctx.refuse(`${site.call.name} with ${name} that is no constant`);
  return value;
}

function onlyNamed(site: CallSite, ...names: string[]): void {
  for (const arg of site.call.args) {
    if (arg.k === "named" && !names.includes(arg.name.text.toLowerCase()))
      throw site.ctx.fail(
        arg.pos,
        `Named argument ${arg.name.text} not found in signature for call to function ${site.call.name}`,
      );
  }
}

/** The JSON text of any value, whose numbers stay numbers. */
function textOf(site: CallSite, value: Typed, wideAsText = false): string {
  if (isNullLiteral(value)) return "'null'";
  const text = fill(toJsonText(site.ctx, value.type, "$1", wideAsText ? "text" : "number"), [
    value.sql,
  ]);
  return `maestro_json_sorted(${text})`;
}

function toJson(site: CallSite): Typed {
  onlyNamed(site, "stringify_wide_numbers");
  if (positional(site).length !== 1) throw noMatch(site);
  return asJson(textOf(site, site.arg(0), flag(site, "stringify_wide_numbers", false)));
}

function jsonArray(site: CallSite): Typed {
  const items = site.call.args.map((_, i) => textOf(site, site.arg(i)));
  return asJson(items.length === 0 ? "'[]'" : `('[' || ${items.join(" || ',' || ")} || ']')`);
}

/** Key and value in turn, the keys as constants; the first of two equal ones counts. */
function jsonObject(site: CallSite): Typed {
  const { call, ctx } = site;
  if (call.args.length === 0) return asJson("'{}'");
  if (site.arg(0).type.kind === "ARRAY") throw ctx.refuse("JSON_OBJECT of arrays");
  if (call.args.length % 2 === 1) throw noMatch(site);
  const members = call.args.flatMap((_, i) => {
    if (i % 2 === 1) return [];
    const key = coerce(site.arg(i), STRING);
    if (!key) throw noMatch(site);
    if (isNullLiteral(site.arg(i)))
      throw ctx.fail(call.pos, "Invalid input to JSON_OBJECT: A key cannot be NULL");
    const name = fill(
      "CASE WHEN $1 IS NULL THEN error('Invalid input to JSON_OBJECT: A key cannot be NULL') ELSE maestro_json_string($1) END",
      [key.sql],
    );
    return [`${name} || ':' || ${textOf(site, site.arg(i + 1))}`];
  });
  return asJson(`maestro_json_sorted('{' || ${members.join(" || ',' || ")} || '}')`);
}

function pathAt(site: CallSite, index: number): string {
  const arg = site.arg(index);
  if (isNullLiteral(arg)) throw site.ctx.refuse(`${site.call.name} with a path that is NULL`);
  const path = coerce(arg, STRING)?.constant?.value;
  if (typeof path !== "string")
    throw site.ctx.refuse(`${site.call.name} with a path that is no constant`);
  const steps = parseJsonPath(path, false);
  if (typeof steps === "string") throw site.ctx.fail(site.call.pos, steps);
  if (steps.length === 0 && site.call.name === "JSON_REMOVE")
    throw site.ctx.fail(site.call.pos, "Invalid input to JSON_REMOVE: The JSONPath cannot be '$'");
  return quoteString(JSON.stringify(steps));
}

/** The JSON, and the positions of what follows it. */
function subject(site: CallSite): { json: Typed; rest: number[] } {
  const [first, ...rest] = positional(site);
  const json = first === undefined ? null : coerce(site.arg(first), JSON_TYPE);
  if (!json) throw noMatch(site);
  return { json, rest };
}

/** The edits follow one another. */
function edit(option: string, fallback: boolean, paired: boolean) {
  return (site: CallSite): Typed => {
    onlyNamed(site, option);
    const { json, rest } = subject(site);
    if (rest.length === 0 || (paired && rest.length % 2 === 1)) throw noMatch(site);
    const isOn = flag(site, option, fallback);
    let text = `CAST(${json.sql} AS VARCHAR)`;
    for (let i = 0; i < rest.length; i += paired ? 2 : 1) {
      const steps = pathAt(site, rest[i] ?? 0);
      const value = paired ? site.arg(rest[i + 1] ?? 0) : null;
      text = oneEdit(site, text, steps, value, isOn);
    }
    return asJson(text);
  };
}

/** The elements of an ARRAY are added one by one, those of a JSON array are not. */
function oneEdit(
  site: CallSite,
  text: string,
  steps: string,
  value: Typed | null,
  isOn: boolean,
): string {
  const { name } = site.call;
  const single = name !== "JSON_SET" && value?.type.kind !== "ARRAY";
  const written = value ? textOf(site, value) : "'null'";
  return `maestro_json_edit('${name}', ${text}, ${steps}, ${written}, '${isOn && !single}')`;
}

function stripNulls(site: CallSite): Typed {
  onlyNamed(site, "include_arrays", "remove_empty");
  const { json, rest } = subject(site);
  const [second, ...more] = rest;
  if (more.length > 0) throw noMatch(site);
  const steps = second === undefined ? "'[]'" : pathAt(site, second);
  const mode = [flag(site, "include_arrays", true), flag(site, "remove_empty", false)].map((on) =>
    on ? "t" : "f",
  );
  const text = `CAST(${json.sql} AS VARCHAR)`;
  return asJson(
    steps === null ? text : `maestro_json_strip(${text}, ${steps}, '${mode.join("")}')`,
  );
}

const lax = (kind: ScalarKind, cast: string): [string, string][] => [
  [`JSON -> ${kind}`, `CAST(maestro_json_lax('${kind}', CAST($1 AS VARCHAR)) AS ${cast})`],
];

export const jsonEditFunctions: FunctionTable = {
  TO_JSON: toJson,
  JSON_ARRAY: jsonArray,
  JSON_OBJECT: jsonObject,
  JSON_SET: edit("create_if_missing", true, true),
  JSON_ARRAY_APPEND: edit("append_each_element", true, true),
  JSON_ARRAY_INSERT: edit("insert_each_element", true, true),
  JSON_REMOVE: edit("", false, false),
  JSON_STRIP_NULLS: stripNulls,
  LAX_INT64: lax("INT64", "BIGINT"),
  LAX_FLOAT64: lax("FLOAT64", "DOUBLE"),
  LAX_BOOL: lax("BOOL", "BOOLEAN"),
  LAX_STRING: lax("STRING", "VARCHAR"),
};
