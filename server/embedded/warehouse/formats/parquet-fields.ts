import type { FieldSchema } from "../../../../shared/table.ts";
import { WarehouseError } from "../contract.ts";
import { quoteName } from "../field-types.ts";

/** One node of a Parquet file's schema, as `parquet_schema` gives it. */
export interface ParquetNode {
  name: string;
  /** Null for groups. */
  type: string | null;
  repetition: string;
  converted: string | null;
  logical: string | null;
  precision: number;
  scale: number;
  children: ParquetNode[];
}

export interface ParquetOptions {
  /** Lists are arrays of their elements, not records of their file's form. */
  listInference: boolean;
  enumAsString: boolean;
  decimalTypes: string[];
}

/** A column: its field, and what makes its value of what DuckDB reads. */
export interface ParquetColumn {
  field: FieldSchema;
  value(read: string): string;
}

/** `SELECT name, type, repetition_type, num_children …` in the order of the file: depth first. */
export function parquetTree(rows: unknown[][]): ParquetNode {
  let at = 0;
  const next = (): ParquetNode => {
    const [name, type, repetition, children, converted, logical, precision, scale] = rows[at] ?? [];
    at += 1;
    return {
      name: String(name),
      type: type === null ? null : String(type),
      repetition: String(repetition),
      converted: converted === null ? null : String(converted),
      logical: logical === null ? null : String(logical),
      precision: Number(precision ?? 0),
      scale: Number(scale ?? 0),
      children: Array.from({ length: Number(children ?? 0) }, next),
    };
  };
  return next();
}

/*
 * Parquet types as BigQuery loads them
 * (cloud.google.com/bigquery/docs/loading-data-cloud-storage-parquet#parquet_conversions).
 */
export function parquetColumn(node: ParquetNode, options: ParquetOptions): ParquetColumn {
  const { name } = node;
  if (node.repetition === "REPEATED") return repeated(name, itemOf(node, options));
  if (node.type !== null) return scalar(node, options);
  if (isMap(node)) {
    throw new WarehouseError(
      "notImplemented",
      `Parquet: the map ${name} is not supported by the local warehouse`,
    );
  }
  const [list] = node.children;
  if (node.converted !== "LIST" || !list) return record(node, options);
  const element = listElement(list, options);
  if (options.listInference) return repeated(name, element);
  // As the file has it: a record with the repeated `list`, whose members are called as in the file.
  const [inner] = list.children;
  const item: ParquetColumn =
    inner && element.isWrapped
      ? {
          field: {
            name: list.name,
            type: "RECORD",
            mode: "NULLABLE",
            fields: [{ ...element.field, name: inner.name }],
          },
          value: (read) => `struct_pack(${quoteName(inner.name)} := ${element.value(read)})`,
        }
      : element;
  const array = repeated(list.name, item);
  return {
    field: { name, type: "RECORD", mode: modeOf(node), fields: [array.field] },
    value: (read) =>
      `CASE WHEN ${read} IS NULL THEN NULL ELSE struct_pack(${quoteName(list.name)} := ${array.value(read)}) END`,
  };
}

function isMap({ converted, logical }: ParquetNode): boolean {
  return converted === "MAP" || converted === "MAP_KEY_VALUE" || (logical ?? "").startsWith("Map");
}

/** The element of a list of three levels, or of the older two. */
function listElement(
  list: ParquetNode,
  options: ParquetOptions,
): ParquetColumn & { isWrapped: boolean } {
  const [inner, second] = list.children;
  const isWrapped = list.type === null && inner !== undefined && second === undefined;
  if (!isWrapped) return { ...itemOf(list, options), isWrapped };
  return { ...parquetColumn(inner, options), isWrapped };
}

function itemOf(node: ParquetNode, options: ParquetOptions): ParquetColumn {
  return parquetColumn({ ...node, repetition: "OPTIONAL" }, options);
}

function repeated(name: string, item: ParquetColumn): ParquetColumn {
  if (item.field.mode === "REPEATED") {
    throw new WarehouseError("invalid", `Field ${name}: arrays of arrays are not supported`);
  }
  const value = item.value("x");
  return {
    field: { ...item.field, name, mode: "REPEATED" },
    value: (read) => (value === "x" ? read : `list_transform(${read}, lambda x: ${value})`),
  };
}

function record(node: ParquetNode, options: ParquetOptions): ParquetColumn {
  const members = node.children.map((child) => parquetColumn(child, options));
  const fields = members.map(({ field }) => field);
  return {
    field: { name: node.name, type: "RECORD", mode: modeOf(node), fields },
    value: (read) => {
      const values = members.map(
        ({ field, value }) =>
          `${quoteName(field.name)} := ${value(`${read}.${quoteName(field.name)}`)}`,
      );
      return `CASE WHEN ${read} IS NULL THEN NULL ELSE struct_pack(${values.join(", ")}) END`;
    },
  };
}

function modeOf(node: ParquetNode): FieldSchema["mode"] {
  return node.repetition === "REQUIRED" ? "REQUIRED" : "NULLABLE";
}

function scalar(node: ParquetNode, options: ParquetOptions): ParquetColumn {
  const [type, value] = typeOf(node, options);
  return { field: { name: node.name, type, mode: modeOf(node) }, value };
}

type Reading = [type: string, value: (read: string) => string];

const asIs = (read: string) => read;
const cast = (target: string) => (read: string) => `CAST(${read} AS ${target})`;

function typeOf(node: ParquetNode, options: ParquetOptions): Reading {
  const annotation = annotationOf(node);
  switch (annotation) {
    case "":
      // BYTE_ARRAY and FIXED_LEN_BYTE_ARRAY are bytes.
      return physical[node.type ?? ""] ?? ["BYTES", asBytes];
    case "DECIMAL":
      return decimal(node, options);
    case "DATE":
      return ["DATE", asIs];
    case "TIME":
      return ["TIME", cast("TIME")];
    case "TIMESTAMP":
      return instant(node);
    case "INT":
      return ["INTEGER", cast("BIGINT")];
    case "STRING":
      return ["STRING", asIs];
    case "ENUM":
      return options.enumAsString ? ["STRING", cast("VARCHAR")] : ["BYTES", asBytes];
    default:
      throw new WarehouseError(
        "notImplemented",
        `Parquet: field ${node.name} of the type ${annotation} is not supported by the local warehouse`,
      );
  }
}

/** The newer annotation, else the older: `TIMESTAMP` for TimestampType and TIMESTAMP_MICROS. */
function annotationOf({ logical, converted }: ParquetNode): string {
  const newer = logical === null ? "" : logical.replace(/Type\(.*$/s, "").toUpperCase();
  const word = newer || (converted ?? "").replace(/_(MILLIS|MICROS)$/, "");
  if (/^U?INT(_\d+)?$/.test(word) || word === "INTEGER") return "INT";
  return word === "UTF8" ? "STRING" : word;
}

const asBytes = (read: string) => `CAST(${read} AS BLOB)`;

const physical: Record<string, Reading> = {
  BOOLEAN: ["BOOLEAN", asIs],
  INT32: ["INTEGER", cast("BIGINT")],
  INT64: ["INTEGER", asIs],
  INT96: ["TIMESTAMP", cast("TIMESTAMPTZ")],
  FLOAT: ["FLOAT", cast("DOUBLE")],
  DOUBLE: ["FLOAT", asIs],
};

/** Adjusted to UTC it is an instant; else what a clock on the wall shows. */
function instant(node: ParquetNode): Reading {
  const isLocal = /isAdjustedToUTC=(0|false)/.test(node.logical ?? "");
  return isLocal ? ["DATETIME", cast("TIMESTAMP")] : ["TIMESTAMP", cast("TIMESTAMPTZ")];
}

function decimal({ name, precision, scale }: ParquetNode, options: ParquetOptions): Reading {
  if (options.decimalTypes.includes("NUMERIC") && scale <= 9 && precision - scale <= 29) {
    return ["NUMERIC", cast("DECIMAL(38,9)")];
  }
  // DuckDB reads wider decimals as floats.
  if (options.decimalTypes.includes("BIGNUMERIC") && precision <= 38) {
    return ["BIGNUMERIC", (read) => `maestro_parse_big(CAST(${read} AS VARCHAR))`];
  }
  if (options.decimalTypes.includes("STRING") && !options.decimalTypes.includes("BIGNUMERIC")) {
    return ["STRING", cast("VARCHAR")];
  }
  throw new WarehouseError(
    "notImplemented",
    `Parquet: field ${name} is a decimal of precision ${precision} and scale ${scale}, which is not supported by the local warehouse`,
  );
}
