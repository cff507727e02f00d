import { partitionTimeColumn, type TableName } from "./contract.ts";
import { type TableDocument, type TableVersion, tableKey } from "./documents.ts";
import { quoteName } from "./field-types.ts";

/** Logical bytes of all former states together; the oldest go first. */
export const keptBytes = 2 ** 30;
/** Former states of one table; the oldest goes with the change that would make one more. */
export const keptVersions = 1000;

/**
 * The former states of tables, for FOR SYSTEM_TIME AS OF: in memory, and in the catalog's rows beside
 * the tables, written in the transaction that ended them. `keep-former-rows.ts` says what they are.
 */
export class History {
  readonly #versions = new Map<string, TableVersion[]>();
  readonly #holders = new Map<string, number>();

  /** All of a table, the oldest first. */
  of(name: TableName): readonly TableVersion[] {
    return this.#versions.get(tableKey(name)) ?? [];
  }

  all(): TableVersion[] {
    return [...this.#versions.values()].flat();
  }

  at(name: TableName, instant: number): TableVersion | undefined {
    return this.of(name).find(
      ({ document, until }) => document.modifiedAt <= instant && instant < until,
    );
  }

  /** Does a former state need this relation? */
  holds(relation: string): boolean {
    return (this.#holders.get(relation) ?? 0) > 0;
  }

  /** Answers the relation that the change has set free, if it has. */
  set(name: TableName, until: number, version: TableVersion | null): string | null {
    const key = tableKey(name);
    const before = this.#versions.get(key) ?? [];
    const old = before.find((each) => each.until === until);
    const after = before.filter((each) => each.until < until);
    if (version) after.push(version);
    after.push(...before.filter((each) => each.until > until));
    if (after.length > 0) this.#versions.set(key, after);
    else this.#versions.delete(key);
    if (version) this.#count(version.document.relation, 1);
    if (old) this.#count(old.document.relation, -1);
    return old && !this.holds(old.document.relation) ? old.document.relation : null;
  }

  #count(relation: string, by: number): void {
    const count = (this.#holders.get(relation) ?? 0) + by;
    if (count > 0) this.#holders.set(relation, count);
    else this.#holders.delete(relation);
  }
}

/** The table as it was, ready to be read. */
export function formerTable({ document, rows }: TableVersion): TableDocument {
  return rows === null ? document : rowsWhere(document, `rowid < ${rows}`);
}

/** The table with some of its relation's rows, and with its own columns alone. */
export function rowsWhere(document: TableDocument, condition: string): TableDocument {
  const hidden = document.partitioning?.field === null ? [partitionTimeColumn] : [];
  const columns = [...document.schema.map(({ name }) => name), ...hidden].map(quoteName);
  const relation = `(SELECT ${columns.join(", ")} FROM ${document.relation} WHERE ${condition})`;
  return { ...document, relation };
}
