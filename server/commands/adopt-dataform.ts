import { z } from "zod";
import { MaestroError } from "../../shared/errors.ts";
import type { TableSettings } from "../../shared/table-file.ts";
import { adopt, leave, type Project, partitioningOf, projectOf, type Read } from "./adoptable.ts";

const targetSchema = z.looseObject({ schema: z.string(), name: z.string() });

/** `dataform compile --json`: the graph in the form of its protocol, where empty fields are left out. */
const tableSchema = z.looseObject({
  target: targetSchema,
  type: z.string().nullish(),
  enumType: z.string().nullish(),
  query: z.string().nullish(),
  disabled: z.boolean().nullish(),
  preOps: z.array(z.string()).nullish(),
  postOps: z.array(z.string()).nullish(),
  fileName: z.string().nullish(),
  bigquery: z
    .looseObject({
      partitionBy: z.string().nullish(),
      clusterBy: z.array(z.string()).nullish(),
    })
    .nullish(),
  actionDescriptor: z.looseObject({ description: z.string().nullish() }).nullish(),
});
type CompiledTable = z.infer<typeof tableSchema>;

const operationSchema = z.looseObject({ target: targetSchema, fileName: z.string().nullish() });
const errorSchema = z.looseObject({
  fileName: z.string().nullish(),
  message: z.string().nullish(),
});

const graphSchema = z.looseObject({
  tables: z.array(tableSchema),
  operations: z.array(operationSchema).nullish(),
  graphErrors: z.looseObject({ compilationErrors: z.array(errorSchema).nullish() }).nullish(),
});

/** Whether JSON is a compiled graph of Dataform. */
export function isDataform(json: unknown): boolean {
  if (typeof json !== "object" || json === null || !("tables" in json)) return false;
  const marks = ["projectConfig", "dataformCoreVersion", "targets", "graphErrors"];
  return marks.some((mark) => mark in json);
}

/** The tables of a Dataform project, from its compiled graph. */
export function readDataform(path: string, json: unknown): Project {
  const parsed = graphSchema.safeParse(json);
  if (!parsed.success) {
    const message = `${path} is no compiled graph of Dataform: write it with dataform compile --json`;
    throw new MaestroError("invalidInput", message, { cause: parsed.error });
  }
  const { tables, operations, graphErrors } = parsed.data;
  return projectOf("Dataform", [
    ...tables.map(readTable),
    ...(operations ?? []).map((operation) =>
      leave(fromOf(operation), "an operation: a table here is one query, and this is a script"),
    ),
    ...(graphErrors?.compilationErrors ?? []).map(({ fileName, message }) =>
      leave(fileName ?? path, `Dataform could not compile it: ${message ?? "no reason given"}`),
    ),
  ]);
}

function fromOf({ target, fileName }: z.infer<typeof operationSchema>): string {
  return fileName ?? `${target.schema}.${target.name}`;
}

function readTable(table: CompiledTable): Read {
  const from = fromOf(table);
  const kind = (table.enumType ?? table.type ?? "table").toLowerCase();
  if (kind === "inline") return leave(from, "inline: it is within the SQL of those that read it");
  if (table.disabled) return leave(from, "it is disabled in Dataform");
  if ((table.preOps?.length ?? 0) + (table.postOps?.length ?? 0) > 0) {
    return leave(from, "it has operations before or after, and a table here is one query");
  }
  if (!table.query) return leave(from, "it has no query");
  const { settings, notes } = settingsOf(table, kind);
  const { schema: dataset, name } = table.target;
  return adopt(from, { dataset, name, sql: table.query }, settings, notes);
}

function settingsOf(
  { bigquery, actionDescriptor }: CompiledTable,
  kind: string,
): { settings: Partial<TableSettings>; notes: string[] } {
  const notes: string[] = [];
  if (kind === "view") notes.push("a view in Dataform: it is a table here");
  if (kind === "incremental") {
    notes.push("incremental in Dataform: each run makes it anew, by its query for a full refresh");
  }
  const { partitionBy, clusterBy } = bigquery ?? {};
  const partitioning = partitionBy ? partitioningOf(partitionBy) : null;
  if (partitionBy && !partitioning) {
    notes.push(`its partitioning by ${partitionBy} has no like here: it is left out`);
  }
  const description = actionDescriptor?.description;
  return {
    settings: {
      kind: "summary",
      ...(description ? { description } : {}),
      ...(partitioning ? { partitioning } : {}),
      ...(clusterBy && clusterBy.length > 0 ? { clustering: clusterBy } : {}),
    },
    notes,
  };
}
