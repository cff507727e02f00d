import type { FieldSchema } from "../../../shared/table.ts";
import { changeWarehouse } from "./change-warehouse.ts";
import { refuseDefaults } from "./check-defaults.ts";
import type { WarehouseContext } from "./context.ts";
import { type TableName, WarehouseError } from "./contract.ts";
import { quoteText } from "./field-types.ts";
import { toWarehouseError } from "./job-errors.ts";
import { readMember } from "./parse-values.ts";
import { splitDecorator } from "./partitions.ts";
import { writeTable } from "./write-table.ts";

export interface StreamedRow {
  insertId?: string;
  json?: Record<string, unknown>;
}

interface InsertError {
  index: number;
  errors: { reason: string; location: string; debugInfo: string; message: string }[];
}

const maxRows = 50_000;

/** tabledata.insertAll: one append. Rows that do not fit are named; then none is added, or the others. */
export async function insertRows(
  context: WarehouseContext,
  target: TableName,
  request: { rows: StreamedRow[]; skipInvalidRows: boolean; ignoreUnknownValues: boolean },
): Promise<InsertError[]> {
  const { tableId } = splitDecorator(target.tableId);
  const name = { ...target, tableId };
  const { schema } = context.catalog.requireTable(name);
  const { rows } = request;
  if (rows.length === 0) throw new WarehouseError("invalid", "No rows present in the request.");
  if (rows.length > maxRows) {
    throw new WarehouseError(
      "invalid",
      `Too many rows present in the request: ${maxRows} at most.`,
    );
  }
  const left = schema.filter(({ name: key }) => rows.some(({ json }) => json?.[key] === undefined));
  refuseDefaults(name, left, "streaming rows without it into");
  const errors = await findErrors(context, schema, request);
  if (errors.length > 0 && !request.skipInvalidRows) {
    const bad = new Set(errors.map((error) => error.index));
    const stopped = rows
      .map((_, index) => index)
      .filter((index) => !bad.has(index))
      .map((index) => insertError(index, "stopped", "", ""));
    return [...errors, ...stopped].sort((a, b) => a.index - b.index);
  }
  const bad = new Set(errors.map((error) => error.index));
  const good = unrepeated(rows.filter((_, index) => !bad.has(index)));
  if (good.length > 0) {
    await append(context, { target, name, schema }, good, !request.ignoreUnknownValues);
  }
  return errors;
}

/** Rows with the same insertId count once within a request. */
function unrepeated(rows: StreamedRow[]): StreamedRow[] {
  const seen = new Set<string>();
  return rows.filter(({ insertId }) => {
    if (!insertId) return true;
    const isNew = !seen.has(insertId);
    seen.add(insertId);
    return isNew;
  });
}

async function append(
  context: WarehouseContext,
  { target, name, schema }: { target: TableName; name: TableName; schema: FieldSchema[] },
  rows: StreamedRow[],
  isStrict: boolean,
): Promise<void> {
  await changeWarehouse(context, [name], (tx) =>
    writeTable(tx, {
      target,
      select: selectOf(schema, rows, isStrict),
      schema,
      write: "WRITE_APPEND",
      create: "CREATE_NEVER",
      schemaUpdateOptions: [],
      partitioning: null,
      clustering: null,
      properties: {},
      expiresAt: null,
    }),
  );
}

function selectOf(schema: FieldSchema[], rows: StreamedRow[], isStrict: boolean): string {
  const texts = rows.map((row) => quoteText(JSON.stringify(row.json ?? {})));
  const values = schema.map((field) => readMember(field, "json", field.name, isStrict));
  return `SELECT ${values.join(", ")} FROM (SELECT unnest(CAST([${texts.join(", ")}] AS JSON[])) AS json)`;
}

async function findErrors(
  context: WarehouseContext,
  schema: FieldSchema[],
  request: { rows: StreamedRow[]; ignoreUnknownValues: boolean },
): Promise<InsertError[]> {
  const unknown = request.ignoreUnknownValues ? [] : unknownFields(schema, request.rows);
  const required = missingFields(schema, request.rows);
  const found = [...unknown, ...required];
  if (found.length > 0) return found;
  const isStrict = !request.ignoreUnknownValues;
  const whole = await readable(context, schema, request.rows, isStrict);
  if (whole === null) return [];
  const errors: InsertError[] = [];
  for (const [index, row] of request.rows.entries()) {
    const message = await readable(context, schema, [row], isStrict);
    if (message !== null) errors.push(insertError(index, "invalid", "", message));
  }
  return errors;
}

/** Null where all rows can be read, else why one cannot. */
async function readable(
  context: WarehouseContext,
  schema: FieldSchema[],
  rows: StreamedRow[],
  isStrict: boolean,
): Promise<string | null> {
  return context.database.rows(selectOf(schema, rows, isStrict)).then(
    () => null,
    (error: unknown) => toWarehouseError(error).message,
  );
}

function unknownFields(schema: FieldSchema[], rows: StreamedRow[]): InsertError[] {
  const known = new Set(schema.map((field) => field.name));
  return rows.flatMap((row, index) => {
    const field = Object.keys(row.json ?? {}).find((key) => !known.has(key));
    return field === undefined
      ? []
      : [insertError(index, "invalid", field, `no such field: ${field}.`)];
  });
}

function missingFields(schema: FieldSchema[], rows: StreamedRow[]): InsertError[] {
  const required = schema.filter((field) => field.mode === "REQUIRED");
  return rows.flatMap((row, index) => {
    const field = required.find(({ name }) => (row.json?.[name] ?? null) === null);
    return field
      ? [insertError(index, "invalid", field.name, `Missing required field: ${field.name}.`)]
      : [];
  });
}

function insertError(
  index: number,
  reason: string,
  location: string,
  message: string,
): InsertError {
  return { index, errors: [{ reason, location, debugInfo: "", message }] };
}
