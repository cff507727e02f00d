import { doesNotFit, textOfCell } from "./cell-faults.ts";
import type { SourceColumn } from "./source-column.ts";

/*
 * The elements of an array, which comes as a JSON array of texts, found in its bytes: a row may have
 * millions of them, which as JavaScript's values would take thirty times their bytes.
 */

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const space = 0x20;
const opening = 0x5b;
const closing = 0x5d;

/** Takes an element's text. Valid during the call. */
export type TakeElement = (bytes: Buffer, from: number, to: number) => void;

/** Of a cell of a column's. Throws where it has what BigQuery's arrays have not: dimensions and NULL. */
export function eachElement(
  column: SourceColumn,
  cell: { bytes: Buffer; from: number; to: number; isEscaped: boolean },
  take: TakeElement,
): void {
  const json = cell.isEscaped
    ? withoutDoubledQuotes(cell.bytes, cell.from, cell.to)
    : cell.bytes.subarray(cell.from, cell.to);
  const fits = (what: string) => {
    const text = textOfCell(json, 0, json.length, false);
    return doesNotFit(column, text, `an array of BigQuery (${what})`);
  };
  if (json[0] !== opening) throw fits("of one dimension");
  let at = 1;
  while (at < json.length - 1) {
    const byte = json[at];
    if (byte === comma || byte === space) {
      at += 1;
      continue;
    }
    if (byte === opening) throw fits("of one dimension");
    const end = byte === quote ? takeText(json, at, take) : endOfToken(json, at);
    if (byte !== quote) {
      if (json.toString("latin1", at, end) === "null") throw fits("without NULL elements");
      take(json, at, end);
    }
    at = end;
  }
}

/** Answers where the text ends, behind its quote. */
function takeText(json: Buffer, from: number, take: TakeElement): number {
  let at = from + 1;
  let isPlain = true;
  while (json[at] !== quote && at < json.length) {
    const isEscape = json[at] === backslash;
    if (isEscape) isPlain = false;
    at += isEscape ? 2 : 1;
  }
  if (isPlain) take(json, from + 1, at);
  else {
    const text = Buffer.from(String(JSON.parse(json.toString("utf8", from, at + 1))));
    take(text, 0, text.length);
  }
  return at + 1;
}

/** Of a number or a word. */
function endOfToken(json: Buffer, from: number): number {
  let at = from;
  while (at < json.length && json[at] !== comma && json[at] !== closing) at++;
  return at;
}

/** Byte by byte, since there are two for each element. */
function withoutDoubledQuotes(bytes: Buffer, from: number, to: number): Buffer {
  const text = Buffer.allocUnsafe(to - from);
  let into = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    text[into++] = byte;
    if (byte === quote) at += 1;
  }
  return text.subarray(0, into);
}
