import type { Expr } from "../parse/ast.ts";
import { nullOf, string, type Typed } from "../types/typed.ts";
import { scalar } from "../types/types.ts";
import type { Context, Env } from "./context.ts";

/** `@@name`: the script's, or what a single query knows too. */
export function analyzeSystemVariable(
  ctx: Context,
  _env: Env,
  node: Extract<Expr, { k: "systemVariable" }>,
): Typed {
  const value = ctx.script?.systemVariable(node.name) ?? ofQuery(ctx, node.name);
  // No literal: it coerces as a column does.
  if (value) return { sql: value.sql, type: value.type };
  throw ctx.refuse(`the system variable @@${node.name}`);
}

function ofQuery(ctx: Context, name: string): Typed | null {
  const { projectId, defaultDataset } = ctx.options;
  const text = (value: string | undefined) => (value ? string(value) : nullOf(scalar("STRING")));
  switch (name) {
    case "project_id":
      return string(projectId);
    case "dataset_id":
      return text(defaultDataset?.datasetId);
    case "dataset_project_id":
      return text(defaultDataset?.projectId ?? projectId);
    case "time_zone":
      return string("UTC");
    default:
      return null;
  }
}
