import type { TypeNode } from "../parse/ast.ts";
import { arrayOf, type GType, scalar, scalarKind } from "../types/types.ts";
import type { Context } from "./context.ts";

const unsupported = new Set(["GEOGRAPHY"]);

/** A type as written in CAST, a parameter's or a column's declaration. */
export function resolveType(ctx: Context, node: TypeNode): GType {
  if (node.k === "array") {
    const element = resolveType(ctx, node.element);
    if (element.kind === "ARRAY") throw ctx.fail(node.pos, "Arrays of arrays are not supported");
    return arrayOf(element);
  }
  if (node.k === "struct") {
    return {
      kind: "STRUCT",
      fields: node.fields.map((field) => ({
        name: field.name,
        type: resolveType(ctx, field.type),
      })),
    };
  }
  if (unsupported.has(node.name)) throw ctx.refuse(`type ${node.name}`);
  const kind = scalarKind(node.name);
  if (!kind && node.name.startsWith("RANGE<")) {
    throw ctx.fail(node.pos, `Unsupported type: ${node.name} is not supported`);
  }
  if (!kind) throw ctx.fail(node.pos, `Type not found: ${node.name}`);
  if (node.params.length > 0) throw ctx.refuse(`type ${node.name} with parameters`);
  return scalar(kind);
}
