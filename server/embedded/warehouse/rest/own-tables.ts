import { type TableName, WarehouseError } from "../contract.ts";
import type { JobConfiguration } from "../job-resource.ts";

type Reference = Partial<TableName>;

/** Where a job's configuration names tables and datasets, by its kind. */
const places: Record<string, string[]> = {
  query: ["destinationTable", "defaultDataset"],
  load: ["destinationTable"],
  copy: ["sourceTable", "sourceTables", "destinationTable"],
  extract: ["sourceTable"],
};

/**
 * The configuration with the project in all references. There are no permissions that could be granted
 * on another project's data: a job reads and writes its own, as its SQL does.
 */
export function ownTables(configuration: JobConfiguration, projectId: string): JobConfiguration {
  const kinds = Object.entries(places).filter(([kind]) => configuration[kind]);
  const own = kinds.map(([kind, names]) => {
    const given = objectOf(configuration[kind], kind);
    const references = names
      .filter((name) => given[name] !== undefined && given[name] !== null)
      .map((name) => [name, ownReference(given[name], name, projectId)]);
    return [kind, { ...given, ...Object.fromEntries(references) }];
  });
  return { ...configuration, ...Object.fromEntries(own) };
}

function ownReference(given: unknown, name: string, projectId: string): unknown {
  if (name === "sourceTables" && Array.isArray(given)) {
    return given.map((each) => ownReference(each, "sourceTables", projectId));
  }
  const reference: Reference = objectOf(given, name);
  const { datasetId, tableId } = reference;
  const ids = name === "defaultDataset" ? [datasetId] : [datasetId, tableId];
  if (ids.some((id) => typeof id !== "string")) {
    throw new WarehouseError("invalid", `Required parameter is missing: ${name}`);
  }
  if ((reference.projectId || projectId) !== projectId) {
    throw new WarehouseError(
      "notFound",
      `Not found: Dataset ${reference.projectId}:${datasetId} was not found in location US`,
    );
  }
  return { ...reference, projectId };
}

export function objectOf(given: unknown, name: string): Record<string, unknown> {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) {
    return given as Record<string, unknown>;
  }
  throw new WarehouseError("invalid", `Invalid value for ${name}: an object is expected`);
}
