import type { FieldSchema } from "../../../shared/table.ts";
import { type CellOptions, encodeRow } from "./cells.ts";
import type { WarehouseContext } from "./context.ts";
import { WarehouseError } from "./contract.ts";
import type { TableDocument } from "./documents.ts";
import { quoteName } from "./field-types.ts";
import { pageToken, placeOf, wholeNumber } from "./page-token.ts";
import { partitionCondition } from "./partitions.ts";

export interface Page {
  rows: unknown[];
  totalRows: number;
  pageToken: string | undefined;
}

export interface PageQuery {
  maxResults?: string | number | undefined;
  startIndex?: string | undefined;
  pageToken?: string | undefined;
}

const defaultRows = 10_000;
const maxRows = 100_000;
const maxPageBytes = 20 * 2 ** 20;

/** Some rows of a table as REST's cells. Reads no more than the page and what lies before it. */
export async function readRows(
  context: WarehouseContext,
  table: TableDocument,
  query: PageQuery,
  options: CellOptions & { schema?: FieldSchema[]; partition?: string | null },
): Promise<Page> {
  const release = context.catalog.hold();
  try {
    const condition =
      options.partition && table.partitioning
        ? ` WHERE ${partitionCondition(table.partitioning, options.partition)}`
        : "";
    const totalRows = condition
      ? Number(
          (
            await context.database.rows(`SELECT count(*) FROM ${table.relation}${condition}`)
          )[0]?.[0],
        )
      : await context.statistics.rowsOf(table);
    const start = startOf(query);
    const limit = Math.min(maxRows, wholeNumber(query.maxResults, "maxResults") ?? defaultRows);
    const schema = options.schema ?? table.schema;
    const columns = schema.map((field) => selected(field, quoteName(field.name)));
    // A LIMIT has a price, however few rows there are.
    const part = start === 0 && limit >= totalRows ? "" : ` LIMIT ${limit} OFFSET ${start}`;
    const rows =
      limit === 0 || start >= totalRows || columns.length === 0
        ? []
        : await context.database.rows(
            `SELECT ${columns.join(", ")} FROM ${table.relation}${condition}${part}`,
          );
    const encoded = fitting(rows.map((row) => encodeRow(row, schema, options)));
    const next = start + encoded.length;
    return {
      rows: encoded,
      totalRows,
      pageToken: encoded.length > 0 && next < totalRows ? pageToken(next) : undefined,
    };
  } finally {
    release();
  }
}

/** As many rows as an answer may hold, judged by a sample; one at least. */
function fitting<T>(rows: T[]): T[] {
  const step = Math.max(1, Math.floor(rows.length / 50));
  const sample = rows.filter((_, i) => i % step === 0);
  const bytes = sample.reduce((sum, row) => sum + JSON.stringify(row).length, 0);
  const fit = Math.floor(maxPageBytes / Math.max(1, bytes / Math.max(1, sample.length)));
  return rows.slice(0, Math.max(1, fit));
}

function startOf(query: PageQuery): number {
  if (query.pageToken) return placeOf(query.pageToken);
  return wholeNumber(query.startIndex, "startIndex") ?? 0;
}

/** A column as DuckDB's binding must be given it. */
export function selected(field: FieldSchema, value: string): string {
  const item = field.mode === "REPEATED" ? "x" : value;
  const chosen = selectedItem(field, item);
  if (chosen === item) return value;
  return field.mode === "REPEATED" ? `list_transform(${value}, lambda x: ${chosen})` : chosen;
}

/** DuckDB's binding takes one byte order mark from the start of each text. */
function selectedItem(field: FieldSchema, item: string): string {
  if (field.type === "STRING") {
    return `CASE WHEN starts_with(${item}, chr(65279)) THEN chr(65279) || ${item} ELSE ${item} END`;
  }
  if (!field.fields) return item;
  const members = field.fields.map((f) => {
    const member = `${item}.${quoteName(f.name)}`;
    return `${quoteName(f.name)} := ${selected(f, member)}`;
  });
  return `CASE WHEN ${item} IS NULL THEN NULL ELSE struct_pack(${members.join(", ")}) END`;
}

/** `a,b.c` of `selectedFields`: the schema cut to these, in the table's order. */
export function selectFields(schema: FieldSchema[], names: string): FieldSchema[] {
  const wanted = names.split(",").map((name) => name.trim().split("."));
  for (const [first] of wanted) {
    if (schema.some((field) => field.name === first)) continue;
    throw new WarehouseError("invalid", `Invalid selected field: ${first}`);
  }
  return schema.flatMap((field) => {
    const paths = wanted.filter(([first]) => first === field.name).map(([, ...rest]) => rest);
    if (paths.length === 0) return [];
    if (!field.fields || paths.some((path) => path.length === 0)) return [field];
    const inner = paths.map((path) => path.join(".")).join(",");
    return [{ ...field, fields: selectFields(field.fields, inner) }];
  });
}
