import type { Database } from "./database.ts";
import type { TableDocument } from "./documents.ts";
import { columnBytesSum } from "./field-bytes.ts";

export interface TableStatistics {
  rows: number;
  /** Logical bytes by top-level column. */
  columnBytes: Map<string, number>;
  bytes: number;
}

/**
 * Rows and bytes of tables, counted when first asked for and kept as long as the document lives:
 * every write makes a new document.
 */
export class StatisticsCache {
  readonly #database: Database;
  readonly #known = new WeakMap<TableDocument, Promise<TableStatistics>>();
  readonly #rows = new WeakMap<TableDocument, Promise<number>>();

  constructor(database: Database) {
    this.#database = database;
  }

  of(table: TableDocument): Promise<TableStatistics> {
    if (table.type === "VIEW") {
      return Promise.resolve({ rows: 0, columnBytes: new Map(), bytes: 0 });
    }
    const known = this.#known.get(table);
    if (known) return known;
    const counted = this.#count(table);
    this.#known.set(table, counted);
    counted.catch(() => this.#known.delete(table));
    return counted;
  }

  rowsOf(table: TableDocument): Promise<number> {
    if (table.type === "VIEW") return Promise.resolve(0);
    const known = this.#rows.get(table);
    if (known) return known;
    const counted = this.#database
      .rows(`SELECT count(*) FROM ${table.relation}`)
      .then((rows) => Number(rows[0]?.[0] ?? 0));
    this.#rows.set(table, counted);
    counted.catch(() => this.#rows.delete(table));
    return counted;
  }

  /** Spares the count of a table that was just made. */
  knowRows(table: TableDocument, rows: number): void {
    this.#rows.set(table, Promise.resolve(rows));
  }

  /** Of the rows for which a DuckDB condition holds. */
  where(table: TableDocument, condition: string): Promise<TableStatistics> {
    return this.#count(table, ` WHERE ${condition}`);
  }

  async #count(table: TableDocument, where = ""): Promise<TableStatistics> {
    const sums = ["count(*)", ...table.schema.map(columnBytesSum)];
    const [row] = await this.#database.rows(
      `SELECT ${sums.join(", ")} FROM ${table.relation}${where}`,
    );
    const columnBytes = new Map(table.schema.map((f, i) => [f.name, Number(row?.[i + 1] ?? 0)]));
    const bytes = [...columnBytes.values()].reduce((sum, size) => sum + size, 0);
    return { rows: Number(row?.[0] ?? 0), columnBytes, bytes };
  }
}
