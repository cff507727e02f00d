import type { FieldSchema } from "../../shared/table.ts";

/*
 * What stands in the cells of a sheet for the values of a table.
 *
 * A cell is a number, a truth value or a text, and shows 15 digits of a number. A column is written in
 * one form throughout, since sums and sorting leave out the texts among numbers: where one of its values
 * would not be the same in the column's own form, all of it is text.
 */

/** As `toValues` of the warehouse gives them. */
export type SheetValue = string | number | boolean | null;

export type ColumnForm = "number" | "boolean" | "date" | "dateTime" | "dateTimeMs" | "text";

/** Google's limit. */
export const maxCellCharacters = 50_000;
const maxDigits = 15;
const msPerDay = 86_400_000;
/** 1970-01-01 in days since 1899-12-30, which is what Sheets counts from. */
const epochSerial = 25_569;
/** Before that Sheets' calendar is not ours. */
const firstYear = 1900;

export interface SheetColumns {
  names: string[];
  forms: ColumnForm[];
}

export interface ColumnMeasure {
  add(row: readonly unknown[]): void;
  rows(): number;
  /** The first text that is longer than a cell may be; rows count from 1. */
  tooLong(): { row: number; column: string; characters: number } | null;
  columns(): SheetColumns;
}

/** Looks at all rows of a table before the first is written. */
export function measureColumns(schema: readonly FieldSchema[]): ColumnMeasure {
  const forms = schema.map(formOf);
  let rows = 0;
  let tooLong: ReturnType<ColumnMeasure["tooLong"]> = null;
  return {
    add(row) {
      rows += 1;
      schema.forEach((field, index) => {
        const value = row[index] ?? null;
        if (value === null) return;
        const form = widened(forms[index] ?? "text", value, field);
        forms[index] = form;
        const characters = form === "text" ? textOf(value).length : 0;
        if (characters > maxCellCharacters)
          tooLong ??= { row: rows, column: field.name, characters };
      });
    },
    rows: () => rows,
    tooLong: () => tooLong,
    columns: () => ({ names: schema.map(({ name }) => name), forms: [...forms] }),
  };
}

function formOf({ type, mode }: FieldSchema): ColumnForm {
  if (mode === "REPEATED") return "text";
  switch (type) {
    case "INTEGER":
    case "INT64":
    case "FLOAT":
    case "FLOAT64":
    case "NUMERIC":
    case "BIGNUMERIC":
      return "number";
    case "BOOLEAN":
    case "BOOL":
      return "boolean";
    case "DATE":
      return "date";
    case "DATETIME":
    case "TIMESTAMP":
      return "dateTime";
    default:
      return "text";
  }
}

function widened(form: ColumnForm, value: unknown, field: FieldSchema): ColumnForm {
  switch (form) {
    case "number":
      return isFloat(field) || isShort(value) ? "number" : "text";
    case "date":
    case "dateTime":
    case "dateTimeMs":
      return instantForm(form, String(value));
    default:
      return form;
  }
}

/** A float is a float here as there; 15 digits of it are shown, and all are kept. */
function isFloat({ type }: FieldSchema): boolean {
  return type === "FLOAT" || type === "FLOAT64";
}

function isShort(value: unknown): boolean {
  const digits = String(value).replace(/^-/, "").replace(".", "").replace(/^0+/, "");
  return /^\d*$/.test(digits) && digits.length <= maxDigits;
}

function instantForm(form: "date" | "dateTime" | "dateTimeMs", text: string): ColumnForm {
  const fraction = /\.(\d+)Z?$/.exec(text)?.[1]?.padEnd(6, "0") ?? "000000";
  const isKept = Number(text.slice(0, 4)) >= firstYear && fraction.slice(3) === "000";
  if (!isKept) return "text";
  return form === "dateTime" && fraction !== "000000" ? "dateTimeMs" : form;
}

/** The cells of a row. */
export function cellsOf(row: readonly unknown[], { forms }: SheetColumns): SheetValue[] {
  return forms.map((form, index) => cellOf(row[index] ?? null, form));
}

function cellOf(value: unknown, form: ColumnForm): SheetValue {
  if (value === null) return null;
  switch (form) {
    case "number":
      return typeof value === "number" || !isShort(value) ? (value as SheetValue) : Number(value);
    case "boolean":
      return value as boolean;
    case "date":
    case "dateTime":
    case "dateTimeMs":
      return serialOf(String(value));
    case "text":
      return textOf(value);
  }
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Days since Sheets' beginning; a clock without a zone is taken as it reads. */
function serialOf(text: string): number {
  const instant = text.length === 10 || text.endsWith("Z") ? text : `${text}Z`;
  return Date.parse(instant) / msPerDay + epochSerial;
}

export function formatOf(form: ColumnForm): { type: "DATE" | "DATE_TIME"; pattern: string } | null {
  switch (form) {
    case "date":
      return { type: "DATE", pattern: "yyyy-mm-dd" };
    case "dateTime":
      return { type: "DATE_TIME", pattern: "yyyy-mm-dd hh:mm:ss" };
    case "dateTimeMs":
      return { type: "DATE_TIME", pattern: "yyyy-mm-dd hh:mm:ss.000" };
    default:
      return null;
  }
}
