import type { FieldPacket } from "mysql2";
import type { CellEncoding } from "./mysql-cell-writer.ts";
import type { Decimal, ScalarType, SourceColumn } from "./source-column.ts";

/*
 * MySQL's and MariaDB's types in BigQuery; docs/imports.md has the table for people. What a column is
 * is read from the answer's column definitions (protocol: "Column Definition", types by their number).
 */

export interface MysqlColumn extends SourceColumn {
  /** How the cell goes into the CSV. */
  encoding: CellEncoding;
}

/** What mysql2 knows of a column and does not declare: MariaDB's extended metadata. */
export type MysqlField = FieldPacket & {
  characterSet?: number;
  extendedTypeName?: string;
  extendedFormat?: string;
};

const unsignedFlag = 32;
const binaryCharset = 63;
/** `decimals` of a FLOAT or DOUBLE without (M, D). */
const notFixed = 31;

const bit = 16;
const bigint = 8;
const float = 4;
const double = 5;
const json = 245;
const vector = 242;
const geometry = 255;
const decimals = new Set([0, 246]);
const texts = new Set([15, 247, 248, 249, 250, 251, 252, 253, 254]);
const plainTypes: Record<number, ScalarType> = {
  1: "INT64",
  2: "INT64",
  3: "INT64",
  7: "TIMESTAMP",
  9: "INT64",
  10: "DATE",
  11: "TIME",
  12: "DATETIME",
  13: "INT64",
  14: "DATE",
};

/** `quoted` is the column's name, quoted. */
export function describeMysqlColumn(field: MysqlField, quoted: string): MysqlColumn {
  const column = { name: field.name, isArray: false, decimal: null, expression: quoted };
  const as = (type: ScalarType, others: Partial<MysqlColumn> = {}): MysqlColumn => ({
    ...column,
    type,
    encoding: type === "BYTES" ? "bytes" : "text",
    ...others,
  });
  const type = field.columnType ?? 0;
  if (decimals.has(type)) {
    const decimal = declaredDecimal(field);
    return as(decimal ? "NUMERIC" : "STRING", { decimal });
  }
  switch (type) {
    case bit:
      return bitColumn(field, as, quoted);
    case bigint:
      return isUnsigned(field)
        ? as("NUMERIC", { decimal: { precision: 20, scale: 0 } })
        : as("INT64");
    case float:
      // The server writes a float with six digits, and a double with all that it has.
      return as("FLOAT64", { expression: `${quoted} * 1e0` });
    case double:
      return as("FLOAT64", field.decimals === notFixed ? {} : { expression: `${quoted} * 1e0` });
    case json:
      return as("JSON");
    case vector:
      return as("BYTES");
    case geometry:
      return as("STRING", { expression: `ST_AsText(${quoted})` });
    default:
      if (texts.has(type)) return as(textType(field));
      return as(plainTypes[type] ?? "STRING");
  }
}

function isUnsigned(field: MysqlField): boolean {
  return (Number(field.flags) & unsignedFlag) !== 0;
}

function bitColumn(
  field: MysqlField,
  as: (type: ScalarType, others: Partial<MysqlColumn>) => MysqlColumn,
  quoted: string,
): MysqlColumn {
  const expression = `${quoted} + 0`;
  const bits = field.columnLength ?? 64;
  if (bits === 1) return as("BOOL", { expression });
  if (bits < 64) return as("INT64", { expression });
  return as("NUMERIC", { expression, decimal: { precision: 20, scale: 0 } });
}

function textType(field: MysqlField): ScalarType {
  if (field.extendedFormat === "json") return "JSON";
  return field.characterSet === binaryCharset ? "BYTES" : "STRING";
}

/** The length counts the point, and the sign of what can have one. Null where NUMERIC is too small. */
function declaredDecimal(field: MysqlField): Decimal | null {
  const scale = field.decimals ?? 0;
  const length = field.columnLength ?? 0;
  const precision = length - (scale > 0 ? 1 : 0) - (isUnsigned(field) ? 0 : 1);
  if (scale > 9 || precision - scale > 29) return null;
  return { precision: Math.max(precision, scale, 1), scale };
}
