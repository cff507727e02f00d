import type { FieldSchema } from "../../../shared/table.ts";

/** A value as one line: nested ones as JSON. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** RFC 4180, with a head of names. NULL is nothing, an empty string two quotes, so that both come back. */
export function csvOf(head: string[], rows: unknown[][]): string {
  const lines = [head, ...rows].map((row) => row.map(csvCell));
  return `${lines.map((cells) => cells.join(",")).join("\r\n")}\r\n`;
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = cellText(value);
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** As spreadsheets take it from the clipboard. */
export function toTabbed(rows: unknown[][]): string {
  return rows.map((row) => row.map(tabbedCell).join("\t")).join("\n");
}

function tabbedCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = cellText(value);
  return /["\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function typeOf(field: FieldSchema): string {
  const inner = field.type === "RECORD" || field.type === "STRUCT" ? "STRUCT" : field.type;
  return field.mode === "REPEATED" ? `ARRAY<${inner}>` : inner;
}

export function isNumber(field: FieldSchema | undefined): boolean {
  return (
    field !== undefined &&
    field.mode !== "REPEATED" &&
    /^(INT|FLOAT|NUMERIC|BIGNUMERIC)/.test(field.type)
  );
}

const characterPx = 7.4;
const measuredRows = 60;

/** Pixels a column, from its head and its first rows: virtual rows are placed before they are seen. */
export function columnWidths(schema: FieldSchema[], rows: unknown[][]): number[] {
  const measured = rows.slice(0, measuredRows);
  return schema.map((field, column) => {
    const longest = Math.max(
      field.name.length,
      typeOf(field).length,
      ...measured.map((row) => Math.min(60, cellText(row[column]).length)),
    );
    return Math.round(Math.min(380, Math.max(72, longest * characterPx + 26)));
  });
}
