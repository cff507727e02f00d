import { readFile, realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { z } from "zod";
import { MaestroError } from "../../shared/errors.ts";
import type { TableSettings } from "../../shared/table-file.ts";
import {
  adopt,
  leave,
  type Project,
  partitioningOf,
  projectOf,
  type Read,
  readJson,
} from "./adoptable.ts";

/** https://schemas.getdbt.com/dbt/manifest/: what of a node matters here. */
const nodeSchema = z.looseObject({
  resource_type: z.string(),
  name: z.string(),
  alias: z.string().nullish(),
  schema: z.string().nullish(),
  language: z.string().nullish(),
  description: z.string().nullish(),
  compiled_code: z.string().nullish(),
  compiled_sql: z.string().nullish(),
  compiled_path: z.string().nullish(),
  /** Its own name, as its SQL would write it. */
  relation_name: z.string().nullish(),
  original_file_path: z.string().nullish(),
  config: z
    .looseObject({
      materialized: z.string().nullish(),
      partition_by: z.unknown().optional(),
      cluster_by: z.union([z.string(), z.array(z.string())]).nullish(),
      "pre-hook": z.array(z.unknown()).nullish(),
      "post-hook": z.array(z.unknown()).nullish(),
    })
    .nullish(),
});
type Node = z.infer<typeof nodeSchema>;

const manifestSchema = z.looseObject({ nodes: z.record(z.string(), nodeSchema) });

/** Of no use here: tests check what is there, analyses make nothing. */
const skipped = new Set(["test", "analysis", "operation", "sql_operation", "unit_test"]);

/** The models of a dbt project, from `manifest.json` of its `target` folder. */
export async function readDbt(manifestPath: string): Promise<Project> {
  const parsed = manifestSchema.safeParse(await readJson(manifestPath));
  if (!parsed.success) {
    const message = `${manifestPath} is no manifest of dbt: it has no nodes that can be read`;
    throw new MaestroError("invalidInput", message, { cause: parsed.error });
  }
  const nodes = Object.values(parsed.data.nodes).filter((node) => !skipped.has(node.resource_type));
  const read = await Promise.all(nodes.map((node) => readNode(dirname(manifestPath), node)));
  return projectOf("dbt", read);
}

async function readNode(target: string, node: Node): Promise<Read> {
  const from = node.original_file_path ?? node.name;
  const dataset = node.schema ?? "";
  const name = node.alias ?? node.name;
  if (node.resource_type === "seed") {
    const notes = ["a seed: an external table, whose file is uploaded"];
    const settings: Partial<TableSettings> = { kind: "external", externalFormat: "CSV" };
    return adopt(from, { dataset, name, sql: null }, settings, notes);
  }
  if (node.resource_type !== "model") {
    return leave(from, `a ${node.resource_type} of dbt has no like here: keep it in dbt`);
  }
  const reason = whyNot(node);
  if (reason !== null) return leave(from, reason);
  const sql = await compiledOf(target, node);
  if (sql === null) return leave(from, "it is not compiled: run dbt compile first");
  if (node.relation_name && sql.includes(node.relation_name)) {
    return leave(
      from,
      "it is compiled as an increment, which reads itself: run dbt compile --full-refresh first",
    );
  }
  const { settings, notes } = settingsOf(node);
  return adopt(from, { dataset, name, sql }, settings, notes);
}

function whyNot({ language, config }: Node): string | null {
  if (language === "python") return "a model in Python: make it a room's work, or SQL";
  if (config?.materialized === "ephemeral") {
    return "an ephemeral model: it is within the SQL of those that read it";
  }
  const hooks = [...(config?.["pre-hook"] ?? []), ...(config?.["post-hook"] ?? [])];
  return hooks.length > 0
    ? "it has hooks, and a table here is one query: take them out first"
    : null;
}

async function compiledOf(target: string, node: Node): Promise<string | null> {
  const compiled = node.compiled_code ?? node.compiled_sql;
  if (compiled) return compiled;
  if (!node.compiled_path) return null;
  // It is written from the project's folder, which `target` is within.
  const project = await realpath(dirname(target));
  const path = await realpath(join(project, node.compiled_path)).catch(() => null);
  if (path === null) return null;
  if (!path.startsWith(`${project}${sep}`)) {
    const message = `the compiled_path of ${node.name} is outside the project: ${node.compiled_path}`;
    throw new MaestroError("invalidInput", message, { field: "compiled_path" });
  }
  return readFile(path, "utf8").catch(() => null);
}

function settingsOf({ config, description }: Node): {
  settings: Partial<TableSettings>;
  notes: string[];
} {
  const notes: string[] = [];
  const materialized = config?.materialized ?? "view";
  if (materialized === "view") notes.push("a view in dbt: it is a table here");
  else if (materialized === "incremental") {
    notes.push(
      "incremental in dbt: each run makes it anew by the SQL as it was compiled, which must be that of dbt compile --full-refresh",
    );
  } else if (materialized !== "table") notes.push(`${materialized} in dbt: it is a table here`);
  const partitioning = readPartitioning(config?.partition_by, notes);
  const clustering = [config?.cluster_by ?? []].flat();
  return {
    settings: {
      kind: "summary",
      ...(description ? { description } : {}),
      ...(partitioning ? { partitioning } : {}),
      ...(clustering.length > 0 ? { clustering } : {}),
    },
    notes,
  };
}

const partitionSchema = z.looseObject({
  field: z.string(),
  data_type: z.string().nullish(),
  granularity: z.string().nullish(),
});

function readPartitioning(written: unknown, notes: string[]): TableSettings["partitioning"] {
  if (written === undefined || written === null) return null;
  const parsed = partitionSchema.safeParse(written);
  const isRange = parsed.success && /^int/i.test(parsed.data.data_type ?? "");
  const partitioning =
    parsed.success && !isRange
      ? partitioningOf(`DATE_TRUNC(${parsed.data.field}, ${parsed.data.granularity ?? "day"})`)
      : null;
  if (!partitioning) notes.push("its partitioning has no like here: it is left out");
  return partitioning;
}
