import { createHash } from "node:crypto";
import { type RoutineName, type TableName, WarehouseError } from "./contract.ts";
import type { Database } from "./database.ts";
import {
  type CatalogChange,
  type DatasetDocument,
  type RoutineDocument,
  routineKey,
  type TableDocument,
  type TableVersion,
  tableKey,
  tableText,
} from "./documents.ts";
import { quoteText, sqlType } from "./field-types.ts";
import { History } from "./history.ts";

/**
 * Datasets and tables, in memory and in DuckDB.
 *
 * A table's rows lie in a relation `data.t_<n>` of our naming; its document says which. Replacing a
 * table's contents makes a new relation and, in the same transaction, a new document: readers have
 * the old rows or the new ones, whole. Documents are appended to `meta.catalog` and the youngest of
 * a key counts, so that transactions on different tables never touch the same row. Memory follows
 * after the commit.
 *
 * A relation that no document names any more is garbage. It is dropped when every reader that
 * began before (`hold`) has ended, because SQL that was compiled then may still name it. What a
 * crash leaves behind is dropped at the next opening.
 */
export class Catalog {
  /** The former states of tables. */
  readonly history = new History();
  readonly #database: Database;
  readonly #datasets = new Map<string, DatasetDocument>();
  readonly #tables = new Map<string, Map<string, TableDocument>>();
  readonly #routines = new Map<string, RoutineDocument>();
  readonly #readers = new Set<number>();
  #garbage: { relation: string; since: number }[] = [];
  #sequence = 0;
  #relations = 0;
  #version = 0;

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(database: Database): Promise<Catalog> {
    const catalog = new Catalog(database);
    await database.rows(
      "CREATE TABLE IF NOT EXISTS meta.catalog (key VARCHAR, seq BIGINT, document VARCHAR)",
    );
    const rows = await database.rows(
      "SELECT max(seq) OVER (), document FROM meta.catalog QUALIFY row_number() OVER (PARTITION BY key ORDER BY seq DESC) = 1 ORDER BY key, seq",
    );
    catalog.#sequence = Number(rows[0]?.[0] ?? 0);
    for (const [, text] of rows) if (text !== null) catalog.#restore(String(text));
    await catalog.compact();
    await catalog.#dropOrphans();
    return catalog;
  }

  /** Counts changes: equal means that nothing changed in between. */
  get version(): number {
    return this.#version;
  }

  dataset(projectId: string, datasetId: string): DatasetDocument | undefined {
    return this.#datasets.get(`${projectId}.${datasetId}`);
  }

  datasets(projectId: string): DatasetDocument[] {
    const all = [...this.#datasets.values()].filter((d) => d.projectId === projectId);
    return all.sort((a, b) => (a.datasetId < b.datasetId ? -1 : 1));
  }

  table(name: TableName): TableDocument | undefined {
    const table = this.#tables.get(`${name.projectId}.${name.datasetId}`)?.get(name.tableId);
    return table && (table.expiresAt === null || table.expiresAt > Date.now()) ? table : undefined;
  }

  /** What a table was at an instant before its last change, if that is kept. */
  versionAt(name: TableName, instant: number): TableVersion | undefined {
    return this.history.at(name, instant);
  }

  tables(projectId: string, datasetId: string): TableDocument[] {
    const now = Date.now();
    const all = [...(this.#tables.get(`${projectId}.${datasetId}`)?.values() ?? [])];
    return all
      .filter((table) => table.expiresAt === null || table.expiresAt > now)
      .sort((a, b) => (a.name.tableId < b.name.tableId ? -1 : 1));
  }

  routine(name: RoutineName): RoutineDocument | undefined {
    return this.#routines.get(routineKey(name));
  }

  routines(projectId: string, datasetId: string): RoutineDocument[] {
    return [...this.#routines.values()]
      .filter(({ name }) => name.projectId === projectId && name.datasetId === datasetId)
      .sort((a, b) => (a.name.routineId < b.name.routineId ? -1 : 1));
  }

  expired(now: number): TableDocument[] {
    return [...this.#tables.values()].flatMap((tables) =>
      [...tables.values()].filter((table) => table.expiresAt !== null && table.expiresAt <= now),
    );
  }

  allTables(): TableDocument[] {
    return [...this.#tables.values()].flatMap((tables) => [...tables.values()]);
  }

  requireDataset(projectId: string, datasetId: string): DatasetDocument {
    const dataset = this.dataset(projectId, datasetId);
    if (dataset) return dataset;
    throw new WarehouseError("notFound", `Not found: Dataset ${projectId}:${datasetId}`);
  }

  requireTable(name: TableName): TableDocument {
    const table = this.table(name);
    if (table) return table;
    this.requireDataset(name.projectId, name.datasetId);
    throw new WarehouseError("notFound", `Not found: Table ${tableText(name)}`);
  }

  /** A relation name that was never used. */
  newRelation(): string {
    this.#relations += 1;
    return `data.t_${Date.now().toString(36)}_${this.#relations}`;
  }

  /** Keeps all relations that exist now until the answer is called. */
  hold(): () => void {
    this.#sequence += 1;
    const token = this.#sequence;
    this.#readers.add(token);
    return () => {
      this.#readers.delete(token);
      this.#collect();
    };
  }

  /** The statements that write changes, for their transaction; `apply` them after its commit. */
  recording(changes: CatalogChange[]): string[] {
    if (changes.length === 0) return [];
    const rows = changes.map((change) => {
      this.#sequence += 1;
      const columns = change.kind === "table" && change.document ? columnsOf(change.document) : [];
      const text = quoteText(JSON.stringify({ ...change, columns }));
      return `(${quoteText(keyOf(change))}, ${this.#sequence}, ${change.document === null ? "NULL" : text})`;
    });
    return [`INSERT INTO meta.catalog VALUES ${rows.join(", ")}`];
  }

  apply(changes: CatalogChange[]): void {
    this.#sequence += 1;
    this.#version += 1;
    for (const change of changes) this.#set(change);
    // A table that got another name keeps its rows.
    const kept = new Set(
      changes.flatMap((change) => (change.kind === "table" && change.document?.relation) || []),
    );
    this.#garbage = this.#garbage.filter(({ relation }) => !kept.has(relation));
    this.#collect();
  }

  #set(change: CatalogChange): void {
    if (change.kind === "dataset") this.#setDataset(change);
    else if (change.kind === "table") this.#setTable(change.name, change.document);
    else if (change.kind === "version") this.#setVersion(change);
    else if (change.document) this.#routines.set(routineKey(change.name), change.document);
    else this.#routines.delete(routineKey(change.name));
  }

  #setDataset(change: Extract<CatalogChange, { kind: "dataset" }>): void {
    const key = `${change.projectId}.${change.datasetId}`;
    if (change.document) {
      this.#datasets.set(key, change.document);
      return;
    }
    for (const table of this.#tables.get(key)?.values() ?? []) this.#setTable(table.name, null);
    this.#datasets.delete(key);
    this.#tables.delete(key);
  }

  #setTable(name: TableName, document: TableDocument | null): void {
    const key = `${name.projectId}.${name.datasetId}`;
    const tables = this.#tables.get(key) ?? new Map<string, TableDocument>();
    this.#tables.set(key, tables);
    const before = tables.get(name.tableId)?.relation;
    if (before && before !== document?.relation && !this.history.holds(before)) {
      this.#garbage.push({ relation: before, since: this.#sequence });
    }
    if (document) tables.set(name.tableId, document);
    else tables.delete(name.tableId);
  }

  #setVersion({ name, until, document }: Extract<CatalogChange, { kind: "version" }>): void {
    const relation = this.history.set(name, until, document);
    const tables = this.#tables.get(`${name.projectId}.${name.datasetId}`);
    if (relation === null || tables?.get(name.tableId)?.relation === relation) return;
    this.#garbage.push({ relation, since: this.#sequence });
  }

  #restore(text: string): void {
    this.#set(JSON.parse(text) as CatalogChange);
  }

  #collect(): void {
    const oldest = Math.min(...this.#readers);
    const free = this.#garbage.filter((item) => item.since < oldest);
    if (free.length === 0) return;
    this.#garbage = this.#garbage.filter((item) => item.since >= oldest);
    for (const { relation } of free) {
      // One that cannot be dropped now is an orphan of the next opening.
      this.#database.rows(`DROP TABLE IF EXISTS ${relation}`).catch(() => undefined);
    }
  }

  /** Leaves one row a key, so that openings and INFORMATION_SCHEMA stay quick. */
  async compact(): Promise<void> {
    await this.#database.rows(
      "DELETE FROM meta.catalog c WHERE document IS NULL OR seq < (SELECT max(seq) FROM meta.catalog d WHERE d.key = c.key)",
    );
  }

  async #dropOrphans(): Promise<void> {
    const former = this.history.all().map(({ document }) => document);
    const named = new Set([...this.allTables(), ...former].map((table) => table.relation));
    const rows = await this.#database.rows(
      "SELECT 'data.' || table_name FROM duckdb_tables() WHERE schema_name = 'data'",
    );
    for (const [relation] of rows) {
      if (!named.has(String(relation))) await this.#database.rows(`DROP TABLE ${String(relation)}`);
    }
  }
}

/** What INFORMATION_SCHEMA.COLUMNS shows, kept beside the document. */
function columnsOf(table: TableDocument) {
  return table.schema.map((field, i) => ({
    name: field.name,
    ordinal: i + 1,
    nullable: field.mode === "REQUIRED" ? "NO" : "YES",
    type: sqlType(field),
    default: field.defaultValueExpression ?? "NULL",
    partitions: table.partitioning?.field === field.name ? "YES" : "NO",
    clusters: table.clustering.indexOf(field.name) + 1 || null,
  }));
}

function keyOf(change: CatalogChange): string {
  switch (change.kind) {
    case "dataset":
      return `d:${change.projectId}.${change.datasetId}`;
    case "table":
      return `t:${tableKey(change.name)}`;
    case "version":
      return `v:${tableKey(change.name)}:${change.until}`;
    case "routine":
      return `r:${routineKey(change.name)}`;
  }
}

/** Changes with every change of the document, as REST's etags do. */
export function etagOf(document: unknown): string {
  return createHash("md5").update(JSON.stringify(document)).digest("base64");
}
