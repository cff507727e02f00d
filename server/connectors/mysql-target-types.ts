import { quoteText } from "../../shared/sql-quotes.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { jsonText, typeWord } from "./staged-values.ts";
import type { TargetCheck, TargetValue } from "./target-value.ts";

/*
 * BigQuery's types in MySQL and MariaDB; docs/exports.md has the table. What LOAD DATA would round
 * without a warning is checked here; all else that does not fit raises a warning, which refuses the
 * export (mysql-load.ts).
 */

/** A column's type in an existing table. */
export interface MysqlColumnType {
  /** Such as `varchar`. */
  name: string;
  /** Such as `varchar(40)`. */
  sql: string;
  /** Characters, or bytes of a binary one. */
  length: number | null;
  /** Digits of a second's fraction. */
  fraction: number | null;
  scale: number | null;
}

/** A value's text, and whether it stands for bytes in hexadecimal digits. */
export interface MysqlValue extends TargetValue {
  isHex: boolean;
}

const newTypes: Record<string, string> = {
  STRING: "longtext",
  BYTES: "longblob",
  INTEGER: "bigint",
  FLOAT: "double",
  BOOLEAN: "boolean",
  NUMERIC: "decimal(38,9)",
  BIGNUMERIC: "decimal(65,30)",
  DATE: "date",
  DATETIME: "datetime(6)",
  TIMESTAMP: "datetime(6)",
  TIME: "time(6)",
  JSON: "json",
  INTERVAL: "varchar(100)",
  RANGE: "varchar(100)",
};

/** Texts and bytes have a length where they are a key: MySQL has no index of a whole longtext. */
const keyTypes: Record<string, string> = { STRING: "varchar(255)", BYTES: "varbinary(255)" };

export function newMysqlType(field: FieldSchema, isKey: boolean): string {
  if (field.fields || field.mode === "REPEATED") return "json";
  const word = typeWord(field);
  return (isKey ? keyTypes[word] : undefined) ?? newTypes[word] ?? "longtext";
}

const integers = ["tinyint", "smallint", "mediumint", "int", "bigint"];
const texts = ["tinytext", "text", "mediumtext", "longtext"];

/** Bytes of a longtext. */
const longest = 2 ** 32 - 1;

const takers: Record<string, Set<string>> = {
  INTEGER: new Set([...integers, "decimal"]),
  FLOAT: new Set(["double"]),
  BOOLEAN: new Set(integers),
  NUMERIC: new Set(["decimal"]),
  BIGNUMERIC: new Set(["decimal"]),
  BYTES: new Set(["tinyblob", "blob", "mediumblob", "longblob", "varbinary", "binary"]),
  DATE: new Set(["date"]),
  DATETIME: new Set(["datetime"]),
  TIMESTAMP: new Set(["datetime", "timestamp"]),
  TIME: new Set(["time"]),
  JSON: new Set(["json", ...texts]),
};
const takesTexts = new Set([...texts, "varchar", "char", "enum", "json", "uuid", "inet4", "inet6"]);

/** What the column takes of the value; null where its type cannot hold every value as it is. */
export function mysqlValue(
  field: FieldSchema,
  type: MysqlColumnType,
  value: string,
): MysqlValue | null {
  if (field.fields || field.mode === "REPEATED") {
    const takesJson = takers["JSON"]?.has(type.name);
    return takesJson ? { text: jsonText(field, value), checks: [], isHex: false } : null;
  }
  const word = typeWord(field);
  const isTaken = (takers[word] ?? takesTexts).has(type.name);
  if (!isTaken || (type.name === "double" && type.scale !== null)) return null;
  return {
    text: textOf(word, value),
    checks: checksOf(field, type, value),
    isHex: word === "BYTES",
  };
}

function textOf(word: string, value: string): string {
  if (word === "BYTES") return `hex(${value})`;
  return word === "BOOLEAN" ? `CAST(${value} AS TINYINT)` : value;
}

function checksOf(field: FieldSchema, type: MysqlColumnType, value: string): TargetCheck[] {
  const holder = `MySQL's ${type.sql}`;
  const check = (
    condition: string,
    remedy: string,
    more: Pick<TargetCheck, "kind"> = {},
  ): TargetCheck[] => [{ condition, what: null, holder, remedy, ...more }];
  const { name } = field;
  switch (typeWord(field)) {
    case "FLOAT":
      return check(
        `NOT isfinite(${value})`,
        `MySQL has no NaN and no infinities: replace them in the query, for example by IF(IS_NAN(${name}) OR IS_INF(${name}), NULL, ${name})`,
        { kind: "infinite" },
      );
    case "NUMERIC":
    case "BIGNUMERIC":
      return (type.scale ?? 0) >= (typeWord(field) === "NUMERIC" ? 9 : 38)
        ? []
        : check(
            `length(regexp_extract(CAST(${value} AS VARCHAR), '\\.([0-9]*[1-9])', 1)) > ${type.scale ?? 0}`,
            `round ${name} in the query`,
          );
    case "DATETIME":
    case "TIMESTAMP":
    case "TIME":
      return (type.fraction ?? 0) >= 6
        ? []
        : check(
            `microsecond(${value}) % ${10 ** (6 - (type.fraction ?? 0))} <> 0`,
            `truncate ${name} in the query`,
          );
    case "BYTES":
      return type.name === "binary"
        ? check(`octet_length(${value}) <> ${type.length}`, `pad ${name} in the query`)
        : [];
    default:
      return textChecks(field, type, value);
  }
}

function textChecks(field: FieldSchema, type: MysqlColumnType, value: string): TargetCheck[] {
  const at = {
    what: null,
    holder: `MySQL's ${type.sql}`,
    remedy: `change ${field.name} in the query, or the column`,
  };
  if (type.name === "varchar" && type.length !== null) {
    return [{ ...at, condition: `length(${value}) > ${type.length}` }];
  }
  if (texts.includes(type.name) && type.length !== null && type.length < longest) {
    return [{ ...at, condition: `strlen(${value}) > ${type.length}` }];
  }
  if (type.name === "char") return [{ ...at, condition: `${value} LIKE '% '` }];
  if (type.name !== "enum") return [];
  // MySQL would take a member in another case, or its number.
  const members = [...type.sql.matchAll(/'((?:[^']|'')*)'/g)].map(([, member = ""]) => member);
  const list = members.map((member) => quoteText(member.replaceAll("''", "'")));
  return [{ ...at, condition: `${value} NOT IN (${list.join(", ")})` }];
}

/** The type of a column that `newMysqlType` makes. */
export function typeOfNewMysql(sql: string): MysqlColumnType {
  const [, name = sql, first, second] = /^(\w+)(?:\((\d+)(?:,(\d+))?\))?$/.exec(sql) ?? [];
  const isInstant = name === "datetime" || name === "time";
  return {
    name: name === "boolean" ? "tinyint" : name,
    sql,
    length: first !== undefined && !isInstant ? Number(first) : null,
    fraction: isInstant ? Number(first ?? 0) : null,
    scale: second === undefined ? null : Number(second),
  };
}
