import type { JobPlan } from "./context.ts";
import { type TableName, WarehouseError } from "./contract.ts";
import { parseDispositions } from "./dispositions.ts";
import { tableKey } from "./documents.ts";
import { quoteName } from "./field-types.ts";
import type { JobDocument } from "./job-resource.ts";
import { mergeSchema } from "./merge-schema.ts";
import { partitionCondition, splitDecorator } from "./partitions.ts";
import { writeTable } from "./write-table.ts";

interface CopyConfiguration {
  sourceTable?: TableName;
  sourceTables?: TableName[];
  destinationTable: TableName;
  writeDisposition?: string;
  createDisposition?: string;
  operationType?: string;
}

export async function planCopy(job: JobDocument): Promise<JobPlan> {
  const configuration = job.configuration["copy"] as CopyConfiguration | undefined;
  if (!configuration?.destinationTable) {
    throw new WarehouseError("invalid", "Required parameter is missing: configuration");
  }
  if (configuration.operationType && configuration.operationType !== "COPY") {
    throw new WarehouseError(
      "notImplemented",
      `The copy operation ${configuration.operationType} is not supported by the local warehouse`,
    );
  }
  const { destinationTable } = configuration;
  const sources =
    configuration.sourceTables ?? [configuration.sourceTable].filter((t) => t !== undefined);
  const target = {
    ...destinationTable,
    tableId: splitDecorator(destinationTable.tableId).tableId,
  };
  return {
    locks: [tableKey(target)],
    stillValid: () => true,
    async execute(tx) {
      const tables = sources.map((source) => {
        const { tableId, partition } = splitDecorator(source.tableId);
        const table = tx.requireTable({ ...source, tableId });
        if (table.type === "VIEW") {
          throw new WarehouseError("invalid", `Cannot copy the view ${source.tableId}`);
        }
        return { table, partition };
      });
      const [first] = tables;
      if (!first)
        throw new WarehouseError("invalid", "Required parameter is missing: sourceTables");
      const { schema, partitioning, clustering, properties } = first.table;
      const columns = schema.map((field) => quoteName(field.name)).join(", ");
      const selects = tables.map(({ table, partition }) => {
        mergeSchema(table.name, schema, table.schema, []);
        const where =
          partition !== null && table.partitioning
            ? ` WHERE ${partitionCondition(table.partitioning, partition)}`
            : "";
        return `SELECT ${columns} FROM ${table.relation}${where}`;
      });
      const existing = tx.table(target);
      const rows = await writeTable(tx, {
        target: destinationTable,
        select: selects.join(" UNION ALL "),
        schema,
        ...parseDispositions(configuration, "WRITE_EMPTY"),
        partitioning: existing ? null : partitioning,
        clustering: existing ? null : clustering,
        properties: existing ? {} : properties,
        expiresAt: null,
      });
      return { statistics: { copy: { copiedRows: String(rows) } } };
    },
  };
}
