import { WarehouseError } from "../../contract.ts";
import type { Name } from "../parse/ast.ts";
import type { Context, Opened } from "./context.ts";
import { ownProject } from "./project.ts";
import { tableColumn } from "./table-columns.ts";

const regionName = /^region-[a-z0-9-]+$/i;

/** `[project.][dataset | region-us.]INFORMATION_SCHEMA.VIEW`, `dataset.__TABLES__`; null for any other path. */
export function openInformationSchema(ctx: Context, path: Name[], alias: string): Opened | null {
  const parts = path.map((name) => name.text);
  const at = parts.findIndex(
    (part) => part.toUpperCase() === "INFORMATION_SCHEMA" || part === "__TABLES__",
  );
  if (at < 0) return null;
  const isMeta = parts[at] === "__TABLES__";
  if (isMeta && at !== parts.length - 1) return null;
  const view = isMeta
    ? "__TABLES__"
    : parts
        .slice(at + 1)
        .join(".")
        .toUpperCase();
  const { projectId, dataset } = scopeOf(ctx, parts.slice(0, at));
  const { catalog } = ctx.options;
  ownProject(ctx, { projectId, datasetId: dataset ?? "INFORMATION_SCHEMA" });
  if (dataset !== null && !catalog.hasDataset(projectId, dataset)) {
    throw new WarehouseError(
      "notFound",
      `Not found: Dataset ${projectId}:${dataset} was not found in location US`,
    );
  }
  const table = catalog.informationSchema?.(projectId, dataset, view);
  if (!table) throw ctx.refuse(`INFORMATION_SCHEMA.${view}`);
  // What it shows is about tables, and is read from none.
  const columns = table.schema.map((_, i) => ({
    ...tableColumn(ctx, table, alias, i),
    use: () => undefined,
  }));
  return { sql: table.relation, source: { alias: null, columns, pseudo: [], value: null } };
}

function scopeOf(ctx: Context, prefix: string[]): { projectId: string; dataset: string | null } {
  const { projectId } = ctx.options;
  const { defaultDataset } = ctx;
  const last = prefix.at(-1);
  if (last === undefined) return { projectId, dataset: defaultDataset?.datasetId ?? null };
  const project = prefix.length > 1 ? (prefix[0] ?? projectId) : projectId;
  return { projectId: project, dataset: regionName.test(last) || last === projectId ? null : last };
}
