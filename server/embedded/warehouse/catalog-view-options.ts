import { branch, inTable, nameOf, ofTables, type View } from "./catalog-view.ts";

/** Options as OPTIONS(…) would write them: name, type, value. */
function optionsOf(properties: Record<string, unknown>): [string, string, string][] {
  const options: [string, string, string][] = [];
  const { description, friendlyName, labels } = properties as Record<string, unknown>;
  if (description) options.push(["description", "STRING", JSON.stringify(description)]);
  if (friendlyName) options.push(["friendly_name", "STRING", JSON.stringify(friendlyName)]);
  const pairs = Object.entries((labels ?? {}) as Record<string, string>);
  if (pairs.length > 0) {
    const texts = pairs.map((pair) => `STRUCT(${pair.map((x) => JSON.stringify(x)).join(", ")})`);
    options.push(["labels", "ARRAY<STRUCT<STRING, STRING>>", `[${texts.join(", ")}]`]);
  }
  return options;
}

const dayMs = 86_400_000;
const inDays = (milliseconds: number) => {
  const days = milliseconds / dayMs;
  return Number.isInteger(days) ? `${days}.0` : String(days);
};

const optionColumns: View["columns"] = [
  ["option_name", "STRING"],
  ["option_type", "STRING"],
  ["option_value", "STRING"],
];

export const tableOptions = ofTables([...inTable, ...optionColumns], (table) => {
  const options = optionsOf(table.properties);
  if (table.expiresAt !== null) {
    const at = new Date(table.expiresAt).toISOString();
    options.push(["expiration_timestamp", "TIMESTAMP", `TIMESTAMP "${at}"`]);
  }
  const expirationMs = table.partitioning?.expirationMs;
  if (expirationMs) options.push(["partition_expiration_days", "FLOAT64", inDays(expirationMs)]);
  return options.map((option) => [...nameOf(table.name), ...option]);
});

export const schemataOptions: View = {
  columns: [["catalog_name", "STRING"], ["schema_name", "STRING"], ...optionColumns],
  branches: (_, projectId, datasets) =>
    datasets.flatMap(({ datasetId, properties }) => {
      const options = optionsOf(properties);
      const lifeMs = Number(properties["defaultTableExpirationMs"] ?? 0);
      if (lifeMs > 0) options.push(["default_table_expiration_days", "FLOAT64", inDays(lifeMs)]);
      return options.map((option) =>
        branch(schemataOptions.columns, [projectId, datasetId, ...option]),
      );
    }),
};
