import type { FieldSchema } from "../../../shared/table.ts";
import { partitionTimeColumn, WarehouseError } from "./contract.ts";
import type { PartitionUnit, TimePartitioning } from "./documents.ts";
import { quoteName, quoteText } from "./field-types.ts";

const idDigits: Record<PartitionUnit, number> = { YEAR: 4, MONTH: 6, DAY: 8, HOUR: 10 };
const fieldTypes = new Set(["DATE", "DATETIME", "TIMESTAMP"]);
const units = new Set<string>(["HOUR", "DAY", "MONTH", "YEAR"]);

/** `t$20260102` → `t` and `20260102`. */
export function splitDecorator(tableId: string): { tableId: string; partition: string | null } {
  const at = tableId.indexOf("$");
  if (at < 0) return { tableId, partition: null };
  return { tableId: tableId.slice(0, at), partition: tableId.slice(at + 1) };
}

/** REST's timePartitioning, checked for its form. */
export function parsePartitioning(input: unknown): TimePartitioning | null {
  if (input === undefined || input === null) return null;
  const given = input as { type?: string; field?: string; expirationMs?: string | number | null };
  const type = String(given.type ?? "DAY");
  if (!units.has(type)) {
    throw new WarehouseError("invalid", `Invalid value for timePartitioning.type: ${type}`);
  }
  const expirationMs = given.expirationMs ? Number(given.expirationMs) : null;
  if (expirationMs !== null && !(expirationMs > 0)) {
    throw new WarehouseError("invalid", "timePartitioning.expirationMs must be positive.");
  }
  const field = !given.field || given.field === partitionTimeColumn ? null : given.field;
  return { type: type as PartitionUnit, field, expirationMs };
}

/** Throws where the partitioning column is missing or of a type that cannot partition. */
export function checkPartitioning(
  partitioning: TimePartitioning | null,
  clustering: string[],
  schema: FieldSchema[],
): void {
  for (const column of clustering) {
    if (schema.some((f) => f.name === column && f.mode !== "REPEATED" && f.type !== "RECORD")) {
      continue;
    }
    throw new WarehouseError(
      "invalid",
      `The field specified for clustering cannot be found in the schema or cannot cluster: ${column}`,
    );
  }
  if (!partitioning?.field) return;
  const field = schema.find((f) => f.name === partitioning.field);
  if (!field) {
    throw new WarehouseError(
      "invalid",
      `The field specified for partitioning cannot be found in the schema: ${partitioning.field}`,
    );
  }
  if (!fieldTypes.has(field.type) || field.mode === "REPEATED") {
    throw new WarehouseError(
      "invalid",
      `The field specified for partitioning ${field.name} must be a top-level DATE, DATETIME or TIMESTAMP field, but is ${field.type}`,
    );
  }
  if (partitioning.type === "HOUR" && field.type === "DATE") {
    throw new WarehouseError(
      "invalid",
      `A DATE field cannot be partitioned by HOUR: ${field.name}`,
    );
  }
}

export function samePartitioning(a: TimePartitioning | null, b: TimePartitioning | null): boolean {
  return a?.type === b?.type && a?.field === b?.field;
}

export function partitioningText(partitioning: TimePartitioning | null): string {
  if (!partitioning) return "none";
  const field = partitioning.field ? `,field:${partitioning.field}` : "";
  return `interval(type:${partitioning.type.toLowerCase()}${field})`;
}

/** The column that tells a row's partition. */
export function partitionColumn(partitioning: TimePartitioning): string {
  return quoteName(partitioning.field ?? partitionTimeColumn);
}

/** A DuckDB condition that holds for the rows of one partition. */
export function partitionCondition(partitioning: TimePartitioning, id: string): string {
  const column = partitionColumn(partitioning);
  if (id === "__NULL__") return `${column} IS NULL`;
  const start = timestampLiteral(partitionStart(partitioning, id));
  const unit = partitioning.type.toLowerCase();
  return `(${column} >= ${start} AND ${column} < ${start} + INTERVAL 1 ${unit})`;
}

/** Throws where the id has not the form of this partitioning (`20260102` for days). */
export function partitionStart(partitioning: TimePartitioning, id: string): Date {
  const digits = idDigits[partitioning.type];
  const [, year, month = "01", day = "01", hour = "00"] =
    /^(\d{4})(\d{2})?(\d{2})?(\d{2})?$/.exec(id) ?? [];
  const start = new Date(`${year}-${month}-${day}T${hour}:00:00Z`);
  if (id.length !== digits || Number.isNaN(start.getTime())) {
    throw new WarehouseError(
      "invalid",
      `Invalid table suffix $${id}: the table is partitioned by ${partitioning.type}`,
    );
  }
  return start;
}

/** When what is written now belongs to, for tables partitioned by ingestion time. */
export function ingestionTime(
  partitioning: TimePartitioning,
  id: string | null,
  now: Date,
): string {
  const start = id === null ? now : partitionStart(partitioning, id);
  return `date_trunc('${partitioning.type.toLowerCase()}', ${timestampLiteral(start)})`;
}

/** A DuckDB condition for rows whose partition is past its expiry at `now`; null without expiry. */
export function expiredCondition(partitioning: TimePartitioning, now: number): string | null {
  if (partitioning.expirationMs === null) return null;
  const limit = timestampLiteral(new Date(now - partitioning.expirationMs));
  const column = partitionColumn(partitioning);
  const unit = partitioning.type.toLowerCase();
  return `date_trunc('${unit}', ${column}) < ${limit}`;
}

/** Compares with DATE, TIMESTAMP and (sessions are in UTC) TIMESTAMPTZ alike. */
function timestampLiteral(instant: Date): string {
  return `TIMESTAMP ${quoteText(instant.toISOString().slice(0, 19).replace("T", " "))}`;
}
