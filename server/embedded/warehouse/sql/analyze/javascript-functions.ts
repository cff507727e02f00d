import { toJsonText } from "../functions/to-json.ts";
import { quoteString, type Typed } from "../types/typed.ts";
import { duckType, fieldName, type GType, type ScalarKind, typeName } from "../types/types.ts";
import type { Context, SqlFunction } from "./context.ts";
import { resolveType } from "./type-nodes.ts";

/** A type as the sandbox is told of it. */
type Described =
  | { kind: ScalarKind }
  | { kind: "ARRAY"; element: Described }
  | { kind: "STRUCT"; fields: { name: string; type: Described }[] };

const passed = new Set<string>([
  "BOOL",
  "BYTES",
  "FLOAT64",
  "NUMERIC",
  "STRING",
  "DATE",
  "TIMESTAMP",
  "JSON",
]);

/**
 * A JavaScript function: its arguments go to the sandbox as JSON, as TO_JSON_STRING writes them, and
 * its result comes back as a text, which is cast. NULL is null both ways.
 */
export function callJavascript(ctx: Context, fn: SqlFunction, args: Typed[]): Typed {
  if (!fn.returns) {
    throw ctx.fail(fn.pos, "JavaScript function is missing a RETURNS clause");
  }
  const returns = resolveType(ctx, fn.returns);
  const spec = JSON.stringify({
    code: fn.code,
    parameters: args.map(({ type }, i) => ({
      name: fn.parameters[i]?.name ?? "",
      type: described(ctx, type, false),
    })),
    returns: described(ctx, returns, true),
  });
  // NOT DETERMINISTIC is BigQuery's default: computed for each row, even without arguments.
  const name = fn.isDeterministic ? "maestro_javascript" : "maestro_javascript_volatile";
  const held = args.map(({ sql }, i) => `p${i} := ${sql}`);
  const alias = ctx.id("a");
  const texts = args.map(({ type }, i) => toJsonText(ctx, type, `${alias}.p${i}`));
  const rows = texts.length === 0 ? "'[]'" : `'[' || ${texts.join(" || ',' || ")} || ']'`;
  const json =
    held.length === 0
      ? rows
      : `list_transform([struct_pack(${held.join(", ")})], lambda ${alias}: ${rows})[1]`;
  const called = `${name}(${quoteString(spec)}, ${json})`;
  return { sql: decoded(returns, called), type: returns };
}

function described(ctx: Context, type: GType, isResult: boolean): Described {
  if (type.kind === "ARRAY") {
    return { kind: "ARRAY", element: described(ctx, type.element, isResult) };
  }
  if (type.kind === "STRUCT") {
    const fields = type.fields.map((field) => {
      if (field.name === null)
        throw ctx.refuse("STRUCT with unnamed fields in JavaScript functions");
      if (isResult && field.type.kind === "BYTES") {
        throw ctx.refuse("BYTES within the result of JavaScript functions");
      }
      return { name: field.name, type: described(ctx, field.type, isResult) };
    });
    return { kind: "STRUCT", fields };
  }
  if (type.kind === "INT64" && isResult) return { kind: "INT64" };
  if (passed.has(type.kind)) return { kind: type.kind };
  throw ctx.refuse(
    `${typeName(type)} as ${isResult ? "result" : "argument"} of JavaScript functions`,
  );
}

/** The text of a result as a value of its type. */
function decoded(type: GType, text: string): string {
  switch (type.kind) {
    case "STRING":
      return text;
    case "BYTES":
      return `from_base64(${text})`;
    case "JSON":
      return `CAST(maestro_json_canonical(${text}) AS JSON)`;
    case "ARRAY":
    case "STRUCT": {
      const structure = quoteString(JSON.stringify(structureOf(type)));
      return `CAST(json_transform(${text}, ${structure}) AS ${duckType(type)})`;
    }
    default:
      return `CAST(${text} AS ${duckType(type)})`;
  }
}

/** json_transform's form of a type whose scalars are texts. */
function structureOf(type: GType): unknown {
  if (type.kind === "ARRAY") return [structureOf(type.element)];
  if (type.kind !== "STRUCT") return "VARCHAR";
  return Object.fromEntries(
    type.fields.map((field, i) => [fieldName(field, i), structureOf(field.type)]),
  );
}
