import type { DuckDBMaterializedResult } from "@duckdb/node-api";
import type { Catalog } from "./catalog.ts";
import type { TableName } from "./contract.ts";
import {
  type CatalogChange,
  type TableDocument,
  type TableVersion,
  tableKey,
} from "./documents.ts";
import { keptVersions, rowsWhere } from "./history.ts";

/** More cells are not copied: the change would take too long, and the state before it is not kept. */
const mostCopiedCells = 4_000_000;
/** Rows that are only added come often, and each time would copy what was rewritten once. */
const mostCopiedBeforeAdding = 100_000;

interface Transaction {
  catalog: Catalog;
  run(sql: string): Promise<DuckDBMaterializedResult>;
}

/** How the state before a change is kept: in its first rows, in a copy, or not at all. */
type Kept = { k: "rows"; rows: number } | { k: "copy"; relation: string } | { k: "lost" };

/**
 * Keeps what tables held before a transaction changed them, for FOR SYSTEM_TIME AS OF.
 *
 * A relation that is replaced simply stays. A relation that rows are only added to holds its former
 * states in its first rows: their number is all that is noted. Before rows of a relation are changed or
 * taken away they are copied into a relation of their own, which all former states then refer to that
 * counted on the first rows; from then on (`isRewritten`) the order of its rows is nobody's promise,
 * and additions copy too, where it is small. Whoever changes a relation in its place says so before (`beforeChange`); a
 * change that nobody has told of counts as one whose state before is lost.
 *
 * The notes are changes of the catalog like others: they are there with the commit or not at all. A
 * relation that was made for a copy by a transaction that did not come to its end went with it.
 */
export class FormerRows {
  readonly #kept = new Map<string, Kept>();

  forget(): void {
    this.#kept.clear();
  }

  async beforeChange(
    tx: Transaction,
    table: TableDocument,
    how: "adds" | "changes",
  ): Promise<void> {
    const key = tableKey(table.name);
    const committed = tx.catalog.table(table.name);
    if (committed?.relation !== table.relation || !isKept(committed)) return;
    const known = this.#kept.get(key);
    if (known && (known.k !== "rows" || how === "adds")) return;
    const { rows, isWhole } = known ? { rows: known.rows, isWhole: true } : await rowsOf(tx, table);
    if (how === "adds" && isWhole && !committed.isRewritten)
      this.#kept.set(key, { k: "rows", rows });
    else this.#kept.set(key, await copied(tx, table, known ? rows : null, rows, how));
  }

  /** Where the transaction that changes the table still finds a former state. */
  found(
    version: TableVersion,
    committed: TableDocument,
    staged: TableDocument | undefined,
  ): TableVersion | undefined {
    const { relation, name } = committed;
    if (version.document.relation !== relation || staged === committed) return version;
    const isReplaced = staged?.relation !== relation && isKept(committed);
    const kept = this.#kept.get(tableKey(name)) ?? (isReplaced ? null : { k: "lost" as const });
    if (kept === null) return version;
    if (kept.k === "lost") return undefined;
    if (kept.k === "rows") return { ...version, rows: version.rows ?? kept.rows };
    const document = { ...version.document, relation: kept.relation };
    if (version.rows === null) return { ...version, document };
    // Before the commit DuckDB counts the rows of a new relation from elsewhere.
    const end = `(SELECT min(rowid) FROM ${kept.relation}) + ${version.rows}`;
    return { ...version, document: rowsWhere(document, `rowid < ${end}`), rows: null };
  }

  /** Is the order of its rows lost with this transaction? */
  isRewritten(name: TableName): boolean {
    const known = this.#kept.get(tableKey(name));
    return known !== undefined && known.k !== "rows";
  }

  /** What the catalog is to note of the states that these changes end. */
  versions(tx: Transaction, changes: CatalogChange[], now: number): CatalogChange[] {
    const last = new Map<string, Extract<CatalogChange, { kind: "table" }>>();
    for (const change of changes) {
      if (change.kind === "table") last.set(tableKey(change.name), change);
    }
    return [...last.values()].flatMap(({ name, document }) => {
      const before = tx.catalog.table(name);
      if (before) return isKept(before) ? this.#ended(tx, before, document, now) : [];
      // One that has expired leaves nothing to a new table of its name.
      return tx.catalog.history.of(name).map((version) => changed(version, null));
    });
  }

  #ended(
    tx: Transaction,
    before: TableDocument,
    after: TableDocument | null,
    now: number,
  ): CatalogChange[] {
    const { name, relation } = before;
    const older = tx.catalog.history.of(name);
    if (after?.type !== "TABLE") return older.map((version) => changed(version, null));
    const isReplaced = after.relation !== relation;
    const kept: Kept = isReplaced
      ? { k: "copy", relation }
      : (this.#kept.get(tableKey(name)) ?? { k: "lost" });
    const excess = older.slice(0, Math.max(0, older.length + 1 - keptVersions));
    const ended = (version: Pick<TableVersion, "document" | "rows">) => [
      ...(now > before.modifiedAt ? [changed({ ...version, until: now })] : []),
      ...excess.map((each) => changed(each, null)),
    ];
    const there = older.filter(({ document }) => document.relation === relation);
    if (kept.k === "lost") return there.map((version) => changed(version, null));
    if (kept.k === "rows") return ended({ document: before, rows: kept.rows });
    const moved = (document: TableDocument) => ({ ...document, relation: kept.relation });
    return [
      ...(isReplaced ? [] : there).map((version) =>
        changed({ ...version, document: moved(version.document) }),
      ),
      ...ended({ document: moved(before), rows: null }),
    ];
  }
}

/** `document` null: it is no longer kept. */
function changed(version: TableVersion, document: TableVersion | null = version): CatalogChange {
  return { kind: "version", name: version.document.name, until: version.until, document };
}

/** Datasets of our own hold results and temporary tables. */
function isKept({ name, type, special, schema }: TableDocument): boolean {
  const isPlain = type === "TABLE" && special === undefined && schema.length > 0;
  return isPlain && !name.datasetId.startsWith("_");
}

async function rowsOf(
  tx: Transaction,
  { relation, schema }: TableDocument,
): Promise<{ rows: number; isWhole: boolean }> {
  const hasRowid = schema.some(({ name }) => name.toLowerCase() === "rowid");
  const last = hasRowid ? "NULL" : "max(rowid)";
  const result = await tx.run(`SELECT count(*), ${last} FROM ${relation}`);
  const [row] = await result.getRows();
  const rows = Number(row?.[0] ?? 0);
  return { rows, isWhole: !hasRowid && Number(row?.[1] ?? -1) + 1 === rows };
}

/** `first`: how many of its rows were there before the transaction; null: all. */
async function copied(
  tx: Transaction,
  table: TableDocument,
  first: number | null,
  rows: number,
  how: "adds" | "changes",
): Promise<Kept> {
  const most = how === "adds" ? mostCopiedBeforeAdding : mostCopiedCells;
  if (rows * table.schema.length > most) return { k: "lost" };
  const relation = tx.catalog.newRelation();
  const where = first === null ? "" : ` WHERE rowid < ${first}`;
  await tx.run(`CREATE TABLE ${relation} AS SELECT * FROM ${table.relation}${where}`);
  return { k: "copy", relation };
}
