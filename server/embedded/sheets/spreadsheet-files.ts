import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { NamedLocks } from "../locks.ts";
import { writeDurably } from "../object-store/durable-files.ts";
import { StorageError } from "../object-store/storage-error.ts";
import {
  type Cell,
  type CellRange,
  newSheet,
  type SheetDocument,
  type SpreadsheetDocument,
} from "./spreadsheet-document.ts";

/**
 * Spreadsheets in a folder: `<id>/document.json` says all but the values; each write of values is a
 * file beside it, `<number>.json`.
 *
 * A change is made to a copy of the document, and is there with the rename that puts the copy in its
 * place: a batch is done wholly or not at all. The files of values are written before the document
 * that names them, and removed after the one that does not; what a crash leaves is removed at the
 * next opening.
 */
export class SpreadsheetFiles {
  readonly #directory: string;
  readonly #documents = new Map<string, SpreadsheetDocument>();
  readonly #locks = new NamedLocks();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<SpreadsheetFiles> {
    const store = new SpreadsheetFiles(directory);
    await mkdir(directory, { recursive: true });
    for (const id of await readdir(directory)) await store.#read(id);
    return store;
  }

  find(id: string): SpreadsheetDocument | null {
    return this.#documents.get(id) ?? null;
  }

  require(id: string): SpreadsheetDocument {
    const document = this.find(id);
    if (document) return document;
    throw new StorageError(404, "notFound", `File not found: ${id}.`);
  }

  /** The newest first, as Drive lists them. */
  all(): SpreadsheetDocument[] {
    const documents = [...this.#documents.values()];
    return documents.sort((a, b) => (a.createdTime > b.createdTime ? -1 : 1));
  }

  async create(
    draft: Pick<SpreadsheetDocument, "title" | "appProperties" | "parents">,
  ): Promise<SpreadsheetDocument> {
    const now = new Date().toISOString();
    const document: SpreadsheetDocument = {
      ...draft,
      id: randomBytes(32).toString("base64url"),
      createdTime: now,
      modifiedTime: now,
      trashed: false,
      permissions: [],
      sheets: [newSheet(0, "Sheet1", { rowCount: 1000, columnCount: 26 })],
      nextBlock: 1,
    };
    await mkdir(join(this.#directory, document.id), { recursive: true });
    await this.#store(document);
    return document;
  }

  /** One change after another; what `change` throws leaves all as it was. */
  async change<T>(
    id: string,
    change: (document: SpreadsheetDocument) => T | Promise<T>,
  ): Promise<T> {
    const release = await this.#locks.take([id]);
    try {
      const before = this.require(id);
      const after = structuredClone(before);
      const result = await change(after);
      after.modifiedTime = new Date().toISOString();
      await this.#store(after);
      await this.#removeUnnamed(before, after);
      return result;
    } finally {
      release();
    }
  }

  /** To be called within `change`, with its document. */
  async write(
    document: SpreadsheetDocument,
    sheet: SheetDocument,
    range: CellRange,
    values: Cell[][],
  ): Promise<void> {
    const file = `${document.nextBlock}.json`;
    document.nextBlock += 1;
    await writeDurably(join(this.#directory, document.id, file), JSON.stringify(values));
    const isCovered = (each: CellRange) =>
      each.startRow >= range.startRow &&
      each.endRow <= range.endRow &&
      each.startColumn >= range.startColumn &&
      each.endColumn <= range.endColumn;
    // A block that is written whole again is let go; a null leaves a cell as it was.
    const hasHoles = values.some((row) => row.includes(null));
    if (!hasHoles) sheet.blocks = sheet.blocks.filter((block) => !isCovered(block));
    sheet.blocks.push({ ...range, file });
  }

  /** The values of a range; a cell that nobody has written is null. */
  async values(id: string, sheet: SheetDocument, range: CellRange): Promise<Cell[][]> {
    const width = range.endColumn - range.startColumn;
    const rows = Array.from({ length: range.endRow - range.startRow }, () =>
      Array<Cell>(width).fill(null),
    );
    for (const block of sheet.blocks) {
      if (block.endRow <= range.startRow || block.startRow >= range.endRow) continue;
      const text = await readFile(join(this.#directory, id, block.file), "utf8");
      (JSON.parse(text) as Cell[][]).forEach((cells, rowIndex) => {
        const row = rows[block.startRow + rowIndex - range.startRow];
        cells.forEach((cell, index) => {
          const at = block.startColumn + index - range.startColumn;
          if (row && at >= 0 && at < width && cell !== null) row[at] = cell;
        });
      });
    }
    return rows;
  }

  async remove(id: string): Promise<void> {
    const release = await this.#locks.take([id]);
    try {
      this.require(id);
      this.#documents.delete(id);
      await rm(join(this.#directory, id), { recursive: true, force: true });
    } finally {
      release();
    }
  }

  async #read(id: string): Promise<void> {
    const folder = join(this.#directory, id);
    const text = await readFile(join(folder, "document.json"), "utf8").catch(() => null);
    if (text === null) {
      await rm(folder, { recursive: true, force: true });
      return;
    }
    const document = JSON.parse(text) as SpreadsheetDocument;
    this.#documents.set(id, document);
    const named = new Set([...filesOf(document), "document.json"]);
    for (const file of await readdir(folder)) {
      if (!named.has(file)) await rm(join(folder, file), { force: true });
    }
  }

  async #store(document: SpreadsheetDocument): Promise<void> {
    const path = join(this.#directory, document.id, "document.json");
    await writeDurably(path, JSON.stringify(document));
    this.#documents.set(document.id, document);
  }

  async #removeUnnamed(before: SpreadsheetDocument, after: SpreadsheetDocument): Promise<void> {
    const named = new Set(filesOf(after));
    const gone = filesOf(before).filter((file) => !named.has(file));
    for (const file of gone) {
      await rm(join(this.#directory, after.id, file), { force: true });
    }
  }
}

function filesOf(document: SpreadsheetDocument): string[] {
  return document.sheets.flatMap((sheet) => sheet.blocks.map((block) => block.file));
}
