import type { FieldSchema } from "../../../shared/table.ts";
import { changeWarehouse } from "./change-warehouse.ts";
import { type DefaultOf, defaultsAt, hasDefault } from "./check-defaults.ts";
import type { WarehouseContext } from "./context.ts";
import { type TableName, WarehouseError } from "./contract.ts";
import { quoteText } from "./field-types.ts";
import { toWarehouseError } from "./job-errors.ts";
import { jsonPath, readMember } from "./parse-values.ts";
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
  const defaultOf = defaultsAt(context, name.projectId, new Date());
  const columns = { schema, isStrict: !request.ignoreUnknownValues, defaultOf };
  const errors = await findErrors(context, columns, rows);
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
    await append(context, { target, name }, columns, good);
  }
  return errors;
}

/** How rows are read. */
interface Columns {
  schema: FieldSchema[];
  /** Members that are no field are errors. */
  isStrict: boolean;
  defaultOf: DefaultOf;
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
  { target, name }: { target: TableName; name: TableName },
  columns: Columns,
  rows: StreamedRow[],
): Promise<void> {
  await changeWarehouse(context, [name], (tx) =>
    writeTable(tx, {
      target,
      select: selectOf(columns, rows),
      schema: columns.schema,
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

function selectOf({ schema, isStrict, defaultOf }: Columns, rows: StreamedRow[]): string {
  const texts = rows.map((row) => quoteText(JSON.stringify(row.json ?? {})));
  const values = schema.map((field) => {
    const value = readMember(field, "json", field.name, isStrict);
    if (!hasDefault(field)) return value;
    // A member that is null is there.
    const isLeftOut = `json_extract(json, ${jsonPath(field.name)}) IS NULL`;
    return `CASE WHEN ${isLeftOut} THEN ${defaultOf(field)} ELSE ${value} END`;
  });
  return `SELECT ${values.join(", ")} FROM (SELECT unnest(CAST([${texts.join(", ")}] AS JSON[])) AS json)`;
}

async function findErrors(
  context: WarehouseContext,
  columns: Columns,
  rows: StreamedRow[],
): Promise<InsertError[]> {
  const { schema, isStrict } = columns;
  const unknown = isStrict ? unknownFields(schema, rows) : [];
  const required = missingFields(schema, rows);
  const found = [...unknown, ...required];
  if (found.length > 0) return found;
  const whole = await readable(context, columns, rows);
  if (whole === null) return [];
  const errors: InsertError[] = [];
  for (const [index, row] of rows.entries()) {
    const message = await readable(context, columns, [row]);
    if (message !== null) errors.push(insertError(index, "invalid", "", message));
  }
  return errors;
}

/** Null where all rows can be read, else why one cannot. */
async function readable(
  context: WarehouseContext,
  columns: Columns,
  rows: StreamedRow[],
): Promise<string | null> {
  return context.database.rows(selectOf(columns, rows)).then(
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
    const field = required.find((each) => {
      const value = row.json?.[each.name];
      return value === null || (value === undefined && !hasDefault(each));
    });
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
