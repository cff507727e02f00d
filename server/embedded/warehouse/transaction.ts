import type { DuckDBConnection, DuckDBMaterializedResult, DuckDBValue } from "@duckdb/node-api";
import type { Catalog } from "./catalog.ts";
import { type RoutineName, type TableName, WarehouseError } from "./contract.ts";
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
import { cancelled } from "./job-errors.ts";
import { FormerRows } from "./keep-former-rows.ts";
import { partitionCondition } from "./partitions.ts";

/**
 * What one job does to the warehouse: DuckDB's transaction and the changes of the catalog that
 * belong to it, which later statements of the same job see already.
 */
export class WarehouseTransaction {
  readonly connection: DuckDBConnection;
  readonly catalog: Catalog;
  readonly now: Date;
  readonly changes: CatalogChange[] = [];
  /** Statements that run with the COMMIT, in one call: a call costs more than such a statement. */
  readonly atCommit: string[] = [];
  readonly #former = new FormerRows();
  readonly #tables = new Map<string, TableDocument | null>();
  readonly #datasets = new Map<string, DatasetDocument | null>();
  readonly #routines = new Map<string, RoutineDocument | null>();
  readonly #isCancelled: () => boolean;
  #isBegun: boolean;

  constructor(options: {
    connection: DuckDBConnection;
    catalog: Catalog;
    now: Date;
    isCancelled: () => boolean;
    /** Has DuckDB's begun already? */
    isBegun: boolean;
  }) {
    this.connection = options.connection;
    this.catalog = options.catalog;
    this.now = options.now;
    this.#isCancelled = options.isCancelled;
    this.#isBegun = options.isBegun;
  }

  /** To be called before the connection itself is used. */
  async begin(): Promise<void> {
    const [beginning] = this.#beginning();
    if (beginning) await this.connection.run(beginning);
  }

  /** An interrupt reaches a statement that runs; this stops the next one from beginning. */
  async run(sql: string, values?: DuckDBValue[]): Promise<DuckDBMaterializedResult> {
    this.checkCancelled();
    if (!values) return this.connection.run([...this.#beginning(), sql].join("; "));
    await this.begin();
    return this.connection.run(sql, values);
  }

  /** Runs these statements and commits, by one call: it costs more than such statements. */
  async commit(last: string[]): Promise<void> {
    await this.connection.run([...this.#beginning(), ...last, "COMMIT"].join("; "));
  }

  async rollback(): Promise<void> {
    if (this.#isBegun) await this.connection.run("ROLLBACK");
    this.#isBegun = false;
  }

  /** What stands before the first statement. */
  #beginning(): string[] {
    if (this.#isBegun) return [];
    this.#isBegun = true;
    return ["BEGIN TRANSACTION"];
  }

  /** Takes back what was done so far. A statement that failed leaves DuckDB's transaction unusable. */
  async restart(): Promise<void> {
    await this.rollback();
    this.changes.length = 0;
    this.atCommit.length = 0;
    this.#former.forget();
    this.#tables.clear();
    this.#datasets.clear();
  }

  checkCancelled(): void {
    if (this.#isCancelled()) throw cancelled();
  }

  table(name: TableName): TableDocument | undefined {
    const changed = this.#tables.get(tableKey(name));
    return changed === undefined ? this.catalog.table(name) : (changed ?? undefined);
  }

  /** Is what it was before not simply what the catalog has? */
  isUnsettled(name: TableName): boolean {
    const committed = this.catalog.table(name);
    return this.table(name) !== committed || (committed?.modifiedAt ?? 0) > this.now.getTime();
  }

  /**
   * What a table was before this transaction changed it. Commits since its beginning are not in its
   * sight, while the catalog tells of them.
   */
  versionAt(name: TableName, instant: number): TableVersion | undefined {
    const committed = this.catalog.table(name);
    const begun = this.now.getTime();
    if (!committed || committed.modifiedAt > begun) return undefined;
    const staged = this.table(name);
    const isTold = instant < begun || staged?.modifiedAt === committed.modifiedAt;
    const last = { document: committed, rows: null, until: begun };
    const version =
      this.catalog.versionAt(name, instant) ??
      (isTold && instant >= committed.modifiedAt ? last : undefined);
    return version && this.#former.found(version, committed, staged);
  }

  requireTable(name: TableName): TableDocument {
    const table = this.table(name);
    if (table) return table;
    this.requireDataset(name.projectId, name.datasetId);
    throw new WarehouseError("notFound", `Not found: Table ${tableText(name)}`);
  }

  dataset(projectId: string, datasetId: string): DatasetDocument | undefined {
    const changed = this.#datasets.get(`${projectId}.${datasetId}`);
    if (changed === undefined) return this.catalog.dataset(projectId, datasetId);
    return changed ?? undefined;
  }

  requireDataset(projectId: string, datasetId: string): void {
    if (this.dataset(projectId, datasetId)) return;
    throw new WarehouseError("notFound", `Not found: Dataset ${projectId}:${datasetId}`);
  }

  /** To be called before rows or columns of a relation are changed in their place. */
  beforeChange(table: TableDocument, how: "adds" | "changes"): Promise<void> {
    return this.#former.beforeChange(this, table, how);
  }

  /** All that the commit changes in the catalog, at the instant of the commit. */
  ending(): CatalogChange[] {
    const now = Date.now();
    const begun = this.now.getTime();
    for (const { kind, document } of this.changes) {
      if (kind === "table" && document?.modifiedAt === begun) document.modifiedAt = now;
    }
    return [...this.#former.versions(this, this.changes, now), ...this.changes];
  }

  setTable(document: TableDocument): void {
    if (this.#former.isRewritten(document.name)) document.isRewritten = true;
    this.#tables.set(tableKey(document.name), document);
    this.changes.push({ kind: "table", name: document.name, document });
  }

  removeTable(name: TableName): void {
    this.#tables.set(tableKey(name), null);
    this.changes.push({ kind: "table", name, document: null });
  }

  routine(name: RoutineName): RoutineDocument | undefined {
    const changed = this.#routines.get(routineKey(name));
    return changed === undefined ? this.catalog.routine(name) : (changed ?? undefined);
  }

  setRoutine(name: RoutineName, document: RoutineDocument | null): void {
    this.#routines.set(routineKey(name), document);
    this.changes.push({ kind: "routine", name, document });
  }

  /** A dataset with all that is in it. */
  removeDataset(projectId: string, datasetId: string): void {
    for (const { name } of this.catalog.allTables()) {
      // Also those that have expired.
      if (name.projectId === projectId && name.datasetId === datasetId) this.removeTable(name);
    }
    for (const { name } of this.catalog.routines(projectId, datasetId)) this.setRoutine(name, null);
    this.setDataset(projectId, datasetId, null);
  }

  async removePartition(table: TableDocument, partition: string): Promise<void> {
    if (!table.partitioning) {
      throw new WarehouseError("invalid", `${tableText(table.name)} is not partitioned`);
    }
    const condition = partitionCondition(table.partitioning, partition);
    await this.beforeChange(table, "changes");
    await this.run(`DELETE FROM ${table.relation} WHERE ${condition}`);
    this.setTable({ ...table, modifiedAt: this.now.getTime() });
  }

  setDataset(projectId: string, datasetId: string, document: DatasetDocument | null): void {
    this.#datasets.set(`${projectId}.${datasetId}`, document);
    this.changes.push({ kind: "dataset", projectId, datasetId, document });
  }
}
