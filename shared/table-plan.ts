import type { TableDefinition } from "./table.ts";

/** Another table of the catalog, and what a save means for it. */
export interface PlannedEffect {
  id: number;
  name: string;
  message: string;
}

/** What a save would change, computed without saving. */
export interface TablePlan {
  /** The path of the cycle that would refuse the save, first = last. */
  cycle: string[] | null;
  /** Why its own SQL, or the shape of its table, lets no run succeed; null where nothing speaks against it. */
  refusal: string | null;
  newParents: string[];
  droppedParents: string[];
  /** Those who read the name that it gets, and did not read this table before. */
  newReaders: string[];
  /**
   * What readers get by the definition, against what they get by the saved one; of a table that no SQL
   * makes, what is stored. Empty where either side is unknown.
   */
  columnsAdded: string[];
  columnsRemoved: string[];
  columnsChanged: { name: string; from: string; to: string }[];
  /** Null where there was no dry run. */
  bytes: number | null;
  price: number | null;
  /** The same of what is saved now; null too where it is not saved yet. */
  bytesBefore: number | null;
  priceBefore: number | null;
  /** The descendants that could not be made any more, or would be made of what nothing renews. */
  broken: PlannedEffect[];
  /** Those of which nothing could be said, and why. */
  unchecked: PlannedEffect[];
  /** In sentences: what changes for those who read it in BigQuery, files, sheets, databases, or over the API. */
  outside: string[];
  warnings: string[];
}

/** Settings that others notice: who reads the table, inside the catalog or outside. */
const noticed: (keyof TableDefinition)[] = [
  "dataset",
  "name",
  "kind",
  "query",
  "legacySql",
  "disposition",
  "partitioning",
  "clustering",
  "extract",
  "extractFormat",
  "importDatabaseId",
  "importTable",
  "exportDatabaseId",
  "exportTable",
  "sheet",
  "notifyUrls",
  "externalFormat",
  "costCapBytes",
  "extraParents",
  "ignoredParents",
];

/** Whether others may notice what a save changes, so that it is to be planned first. */
export function needsPlan(before: TableDefinition, after: TableDefinition): boolean {
  return noticed.some((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}

/** Whether somebody is to be asked before such a save: it breaks something, or may. */
export function asksFirst(plan: TablePlan): boolean {
  const { cycle, refusal, broken, unchecked, outside } = plan;
  const lists = [broken, unchecked, outside];
  return cycle !== null || refusal !== null || lists.some((list) => list.length > 0);
}
