import { doesNotFit, elementsOf, textOfCell } from "./cell-faults.ts";
import type { CellSink } from "./csv-cells.ts";
import { plainValues, readBool } from "./plain-values.ts";
import type { SourceColumn } from "./source-column.ts";

/*
 * Cells that go on as texts, for tables with a JSON column: checked as those of Parquet are, and written
 * as BigQuery reads them in CSV or in JSON lines.
 */

/** Texts one after the other, in a buffer that grows. */
export class TextBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(64 * 1024);
  length = 0;

  reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  put(text: Buffer): void {
    this.putRange(text, 0, text.length);
  }

  putRange(from: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    const { bytes } = this;
    let into = this.length;
    if (end - start >= shortText) into += from.copy(bytes, into, start, end);
    else for (let at = start; at < end; at++) bytes[into++] = from[at] ?? 0;
    this.length = into;
  }

  /** An ASCII character. */
  putByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }
}

/** Below this a loop copies faster than a call does. */
const shortText = 48;
const comma = 0x2c;
const newline = 0x0a;

/** Throws where BigQuery's type does not hold the text. */
type Checked = (bytes: Buffer, from: number, to: number, isEscaped: boolean) => void;

const unchecked = new Set(["INT64", "FLOAT64", "STRING", "JSON", "BYTES"]);

/** A source's integers and floats are BigQuery's already: their texts are not read. */
function checkOf(column: SourceColumn): Checked {
  if (unchecked.has(column.type)) return () => undefined;
  const values = plainValues(column.type);
  return (bytes, from, to, isEscaped) => {
    const isHeld = values.add(bytes, from, to, isEscaped);
    values.forget();
    if (isHeld) return;
    const text = textOfCell(bytes, from, to, isEscaped);
    throw doesNotFit(column, text, `BigQuery's ${column.type}`);
  };
}

/** A value that a text of its own stands for: BYTES in base64, BOOL as a word. Null: it stays. */
function otherText(column: SourceColumn, bytes: Buffer, from: number, to: number): string | null {
  if (column.type === "BOOL") return String(readBool(bytes, from, to));
  if (column.type !== "BYTES") return null;
  return Buffer.from(bytes.toString("latin1", from + 2, to), "hex").toString("base64");
}

/** Every value quoted, as the source wrote it; NULL is `nullMarker`. Arrays have no place in CSV. */
export function csvCell(
  column: SourceColumn,
  out: TextBuffer,
  options: { nullMarker: string; isLast: boolean },
): CellSink {
  const check = checkOf(column);
  const end = options.isLast ? newline : comma;
  const nullText = Buffer.from(options.nullMarker);
  const isOther = column.type === "BOOL" || column.type === "BYTES";
  return {
    add(bytes, from, to, isEscaped) {
      check(bytes, from, to, isEscaped);
      if (isOther) out.put(Buffer.from(`"${otherText(column, bytes, from, to)}"`));
      // With the quotes around it.
      else out.putRange(bytes, from - 1, to + 1);
      out.putByte(end);
    },
    addNull() {
      out.put(nullText);
      out.putByte(end);
    },
  };
}

/** A member of the row's object: texts as texts, arrays as arrays of them, JSON as itself. */
export function jsonCell(
  column: SourceColumn,
  out: TextBuffer,
  place: { isFirst: boolean; isLast: boolean },
): CellSink {
  const check = checkOf(column);
  const before = Buffer.from(`${place.isFirst ? "{" : ","}${JSON.stringify(column.name)}:`);
  const after = Buffer.from(place.isLast ? "}\n" : "");
  const put = (json: string) => {
    out.put(before);
    out.put(Buffer.from(json));
    out.put(after);
  };
  const scalarText = (text: string) => {
    const bytes = Buffer.from(text);
    check(bytes, 0, bytes.length, false);
    return otherText(column, bytes, 0, bytes.length) ?? text;
  };
  return {
    add(bytes, from, to, isEscaped) {
      const text = textOfCell(bytes, from, to, isEscaped);
      if (column.isArray) put(JSON.stringify(elementsOf(column, text).map(scalarText)));
      else if (column.type === "JSON") put(oneLine(column, text));
      else put(JSON.stringify(scalarText(text)));
    },
    addNull: () => put(column.isArray ? "[]" : "null"),
  };
}

/** BigQuery reads a JSON null there as a NULL. Line ends are between a JSON's tokens alone. */
function oneLine(column: SourceColumn, json: string): string {
  if (json.trim() === "null") throw doesNotFit(column, json, "JSON null beside an array");
  try {
    JSON.parse(json);
  } catch (error) {
    throw doesNotFit(
      column,
      json,
      `BigQuery's JSON (${error instanceof Error ? error.message : ""})`,
    );
  }
  return json.replaceAll(/[\r\n]/g, " ");
}
