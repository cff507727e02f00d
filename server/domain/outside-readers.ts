import type { TableDefinition } from "../../shared/table.ts";

/** What a save changes for readers outside the catalog, who are not known by name. */
export interface OutsideFacts {
  /** Whether BigQuery has the table. */
  isStored: boolean;
  /** The name of a database that is exported to. */
  databaseName: (id: number) => string;
}

/** In sentences; empty where they get what they got before. */
export function outsideChanges(
  before: TableDefinition,
  after: TableDefinition,
  facts: OutsideFacts,
): string[] {
  return [
    ...renamed(before, after, facts),
    ...madeOtherwise(before, after, facts),
    ...exported(before, after, facts),
    ...delivered(before, after),
  ];
}

function nameOf({ dataset, name }: TableDefinition): string {
  return `${dataset}.${name}`;
}

function renamed(before: TableDefinition, after: TableDefinition, facts: OutsideFacts): string[] {
  const [old, now] = [nameOf(before), nameOf(after)];
  if (old === now) return [];
  const api = `The HTTP API and notifications call it ${now} from now on; programs that ask for ${old} find nothing.`;
  if (!facts.isStored) return [api];
  return [
    `BigQuery keeps ${old} as it is now, and nothing renews it: whoever reads it there sees its last rows. ${now} has rows after the next run.`,
    api,
  ];
}

const makers = {
  summary: "its SQL",
  import: "an import from a database",
  external: "files that someone uploads",
};

function madeOtherwise(
  before: TableDefinition,
  after: TableDefinition,
  { isStored }: OutsideFacts,
): string[] {
  const told: string[] = [];
  if (before.kind !== after.kind) {
    told.push(
      `Its rows come from ${makers[after.kind]} instead of ${makers[before.kind]}; the next run replaces those that it has.`,
    );
  } else if (before.disposition !== after.disposition && isStored) {
    told.push(
      after.disposition === "append"
        ? "Runs add to its rows from now on, and no longer replace them."
        : "The next run replaces all rows that were appended so far.",
    );
  }
  if (after.kind === "external" && before.externalFormat !== after.externalFormat) {
    told.push(`Whoever uploads its files has to send ${after.externalFormat} from now on.`);
  }
  return told;
}

function exported(
  before: TableDefinition,
  after: TableDefinition,
  { databaseName }: OutsideFacts,
): string[] {
  const [old, now] = [targetOf(before), targetOf(after)];
  if (old === null || (now?.id === old.id && now.table === old.table)) return [];
  return [
    `${old.table} in the database ${databaseName(old.id)} is written no more: whoever reads it there sees its last rows.`,
  ];
}

function targetOf(definition: TableDefinition): { id: number; table: string } | null {
  const { exportDatabaseId: id, exportTable, name } = definition;
  return id === null ? null : { id, table: exportTable.trim() === "" ? name : exportTable };
}

function delivered(before: TableDefinition, after: TableDefinition): string[] {
  const told: string[] = [];
  if (before.extract && !after.extract) {
    told.push("Runs extract no more files: whoever downloads them gets those of the last extract.");
  } else if (before.extract && before.extractFormat !== after.extractFormat) {
    told.push(`Its extracted files are ${after.extractFormat} instead of ${before.extractFormat}.`);
  }
  if (before.sheet && !after.sheet) {
    told.push("Its Google sheet is written no more: whoever opens it sees its last rows.");
  }
  const dropped = before.notifyUrls.filter((url) => !after.notifyUrls.includes(url));
  if (dropped.length > 0) told.push(`${dropped.join(", ")} will not be told of its runs any more.`);
  return told;
}
