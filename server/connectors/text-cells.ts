import { eachElement } from "./array-elements.ts";
import type { ByteBuffer } from "./byte-buffer.ts";
import { doesNotFit, textOfCell } from "./cell-faults.ts";
import type { CellSink } from "./csv-cells.ts";
import { plainValues, readBool } from "./plain-values.ts";
import type { SourceColumn } from "./source-column.ts";

/*
 * Cells that go on as texts, for tables with a JSON column: checked as those of Parquet are, and written
 * as BigQuery reads them in CSV or in JSON lines.
 */

const comma = 0x2c;
const opening = 0x5b;
const closing = 0x5d;
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
  out: ByteBuffer,
  options: { nullMarker: string; isLast: boolean },
): CellSink {
  const check = checkOf(column);
  const end = options.isLast ? newline : comma;
  const nullText = Buffer.from(options.nullMarker);
  const isOther = column.type === "BOOL" || column.type === "BYTES";
  return {
    column,
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
  out: ByteBuffer,
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
  const scalar = (bytes: Buffer, from: number, to: number) => {
    check(bytes, from, to, false);
    return JSON.stringify(otherText(column, bytes, from, to) ?? bytes.toString("utf8", from, to));
  };
  return {
    column,
    add(bytes, from, to, isEscaped) {
      if (column.isArray) {
        out.put(before);
        putArray(out, column, { bytes, from, to, isEscaped }, scalar);
        out.put(after);
        return;
      }
      const text = textOfCell(bytes, from, to, isEscaped);
      const whole = Buffer.from(text);
      put(column.type === "JSON" ? oneLine(column, text) : scalar(whole, 0, whole.length));
    },
    addNull: () => put(column.isArray ? "[]" : "null"),
  };
}

type Cell = Parameters<typeof eachElement>[1];

function putArray(
  out: ByteBuffer,
  column: SourceColumn,
  cell: Cell,
  json: (bytes: Buffer, from: number, to: number) => string,
): void {
  let before = opening;
  eachElement(column, cell, (bytes, from, to) => {
    out.putByte(before);
    out.put(Buffer.from(json(bytes, from, to)));
    before = comma;
  });
  if (before === opening) out.putByte(opening);
  out.putByte(closing);
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
