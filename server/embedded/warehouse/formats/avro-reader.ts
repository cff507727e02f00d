import type { FieldSchema } from "../../../../shared/table.ts";
import { WarehouseError } from "../contract.ts";
import {
  dateText,
  datetimeText,
  decimalText,
  signedOf,
  timestampText,
  timeText,
} from "./value-texts.ts";

/*
 * Avro types as BigQuery loads them
 * (cloud.google.com/bigquery/docs/loading-data-cloud-storage-avro#avro_conversions).
 */

export interface AvroOptions {
  /** useAvroLogicalTypes: dates and times instead of the numbers that stand for them. */
  logicalTypes: boolean;
  /** decimalTargetTypes. */
  decimalTypes: string[];
  /** Names of top-level texts that hold JSON documents. */
  jsonFields: Set<string>;
}

/** How values of one Avro type are read. */
interface Reader {
  type: string;
  mode: FieldSchema["mode"];
  fields?: FieldSchema[];
  /** The value as JSON text on one line, that a load reads back as the same value. */
  json(value: unknown): string;
}

type Node = Record<string, unknown>;

/** The columns of a file whose schema is a record, and its records as lines of JSON. */
export function avroReader(
  schema: unknown,
  options: AvroOptions,
): { fields: FieldSchema[]; json(record: unknown): string } {
  const reader = new Readers(options).of(schema, "");
  if (reader.type !== "RECORD" || reader.mode !== "REQUIRED" || !reader.fields) {
    throw refusal("the top of the schema is no record");
  }
  return { fields: reader.fields, json: reader.json };
}

class Readers {
  readonly #options: AvroOptions;
  readonly #named = new Map<string, { node: Node; namespace: string }>();
  readonly #open = new Set<string>();

  constructor(options: AvroOptions) {
    this.#options = options;
  }

  of(schema: unknown, path: string, namespace = ""): Reader {
    if (Array.isArray(schema)) return this.#union(schema, path, namespace);
    if (typeof schema === "string") return this.#byName(schema, path, namespace);
    const node = schema as Node;
    const { type } = node;
    if (typeof type !== "string") return this.of(type, path, namespace);
    if (type === "record" || type === "enum" || type === "fixed") {
      return this.#define(node, path, namespace);
    }
    if (type === "array") return this.#array(node, path, namespace);
    if (type === "map") return this.#map(node, path, namespace);
    return this.#scalar(type, node, path) ?? this.#byName(type, path, namespace);
  }

  #byName(name: string, path: string, namespace: string): Reader {
    const known =
      this.#named.get(name.includes(".") || namespace === "" ? name : `${namespace}.${name}`) ??
      this.#named.get(name);
    if (known) return this.#body(known.node, path, known.namespace);
    const reader = this.#scalar(name, {}, path);
    if (reader) return reader;
    throw refusal(`field ${path} has the unknown type ${name}`);
  }

  #define(node: Node, path: string, namespace: string): Reader {
    const name = String(node["name"] ?? "");
    const given = typeof node["namespace"] === "string" ? node["namespace"] : namespace;
    const space = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : given;
    this.#named.set(name.includes(".") || !space ? name : `${space}.${name}`, {
      node,
      namespace: space,
    });
    return this.#body(node, path, space);
  }

  #body(node: Node, path: string, namespace: string): Reader {
    if (node["type"] === "enum") return plain("STRING", JSON.stringify);
    if (node["type"] === "fixed") return this.#bytes(node, path);
    const name = `${namespace}.${String(node["name"])}`;
    if (this.#open.has(name)) throw refusal(`field ${path} contains itself`);
    this.#open.add(name);
    const members = (node["fields"] as Node[]).map((field) => {
      const member = String(field["name"]);
      const reader = this.of(field["type"], path ? `${path}.${member}` : member, namespace);
      return { member, reader };
    });
    this.#open.delete(name);
    return {
      type: "RECORD",
      mode: "REQUIRED",
      fields: members.map(({ member, reader }) => fieldOf(member, reader)),
      json: (value) => {
        const texts = members.map(
          ({ member, reader }) => `"${member}":${reader.json((value as Node)[member])}`,
        );
        return `{${texts.join(",")}}`;
      },
    };
  }

  /** A type that may be null. Others would become a record of BigQuery's own naming. */
  #union(branches: unknown[], path: string, namespace: string): Reader {
    const others = branches.filter((branch) => branch !== "null");
    if (others.length !== 1 || others[0] === undefined) {
      throw notSupported(`field ${path} is a union of several types, which is`);
    }
    const reader = this.of(others[0], path, namespace);
    const inner = (value: unknown) =>
      value === null ? "null" : reader.json(Object.values(value as Node)[0]);
    if (reader.mode === "REPEATED") return { ...reader, json: inner };
    const mode = others.length < branches.length ? "NULLABLE" : "REQUIRED";
    return { ...reader, mode, json: inner };
  }

  #array(node: Node, path: string, namespace: string): Reader {
    const item = this.of(node["items"], path, namespace);
    if (item.mode === "REPEATED") throw refusal(`field ${path} is an array of arrays`);
    return {
      ...item,
      mode: "REPEATED",
      json: (value) => {
        const items = (value as unknown[]).map((entry) => {
          if (entry === null) throw refusal(`field ${path} has a null in its array`);
          return item.json(entry);
        });
        return `[${items.join(",")}]`;
      },
    };
  }

  #map(node: Node, path: string, namespace: string): Reader {
    const value = this.of(node["values"], `${path}.value`, namespace);
    return {
      type: "RECORD",
      mode: "REPEATED",
      fields: [{ name: "key", type: "STRING", mode: "REQUIRED" }, fieldOf("value", value)],
      json: (map) => {
        const entries = Object.entries(map as Node).map(
          ([key, entry]) => `{"key":${JSON.stringify(key)},"value":${value.json(entry)}}`,
        );
        return `[${entries.join(",")}]`;
      },
    };
  }

  #scalar(type: string, node: Node, path: string): Reader | null {
    if (type === "bytes") return this.#bytes(node, path);
    if (type === "string") return this.#text(node, path);
    if (type === "int" || type === "long") {
      const logical = this.#options.logicalTypes ? String(node["logicalType"] ?? "") : "";
      return integers[`${type} ${logical}`] ?? this.#unknownLogical(logical, path);
    }
    if (type === "boolean") return plain("BOOLEAN", String);
    if (type === "float" || type === "double") return plain("FLOAT", floatJson);
    if (type === "null") throw refusal(`field ${path} can only be null`);
    return null;
  }

  #unknownLogical(logical: string, path: string): Reader {
    // What Avro does not know is the type below, by its specification.
    if (!logical.includes("nanos")) return plain("INTEGER", String);
    throw notSupported(`field ${path} has the logical type ${logical}, which is`);
  }

  #text(node: Node, path: string): Reader {
    const kind = String(node["sqlType"] ?? "").toUpperCase();
    if (kind === "JSON" || this.#options.jsonFields.has(path)) return plain("JSON", document);
    if (kind !== "" && kind !== "STRING") {
      throw notSupported(`field ${path} has the sqlType ${kind}, which is`);
    }
    const isDatetime = this.#options.logicalTypes && node["logicalType"] === "datetime";
    return plain(isDatetime ? "DATETIME" : "STRING", JSON.stringify);
  }

  #bytes(node: Node, path: string): Reader {
    if (node["logicalType"] !== "decimal") {
      return plain("BYTES", (value) => quoted((value as Buffer).toString("base64")));
    }
    const scale = Number(node["scale"] ?? 0);
    const precision = Number(node["precision"] ?? 0);
    const type = decimalTarget(precision, scale, this.#options.decimalTypes, path);
    return plain(type, (value) => quoted(decimalText(signedOf(value as Buffer), scale)));
  }
}

const integers: Record<string, Reader> = {
  "int ": plain("INTEGER", String),
  "long ": plain("INTEGER", String),
  "int date": plain("DATE", (value) => quoted(dateText(Number(value)))),
  "int time-millis": plain("TIME", (value) => quoted(timeText(BigInt(Number(value)) * 1000n))),
  "long time-micros": plain("TIME", (value) => quoted(timeText(value as bigint))),
  "long timestamp-millis": plain("TIMESTAMP", (v) => quoted(timestampText((v as bigint) * 1000n))),
  "long timestamp-micros": plain("TIMESTAMP", (value) => quoted(timestampText(value as bigint))),
  "long local-timestamp-millis": plain("DATETIME", (v) =>
    quoted(datetimeText((v as bigint) * 1000n)),
  ),
  "long local-timestamp-micros": plain("DATETIME", (value) =>
    quoted(datetimeText(value as bigint)),
  ),
};

/** The first of NUMERIC, BIGNUMERIC and STRING that is allowed and holds all values. */
function decimalTarget(precision: number, scale: number, allowed: string[], path: string): string {
  if (allowed.includes("NUMERIC") && scale <= 9 && precision - scale <= 29) return "NUMERIC";
  if (allowed.includes("BIGNUMERIC") && scale <= 38 && precision - scale <= 38) {
    return "BIGNUMERIC";
  }
  if (allowed.includes("STRING")) return "STRING";
  throw refusal(
    `field ${path} is a decimal of precision ${precision} and scale ${scale}, which none of decimalTargetTypes can hold`,
  );
}

function plain(type: string, json: (value: unknown) => string): Reader {
  return { type, mode: "REQUIRED", json };
}

function quoted(text: string): string {
  return `"${text}"`;
}

function floatJson(value: unknown): string {
  const number = value as number;
  if (Object.is(number, -0)) return "-0.0";
  return Number.isFinite(number) ? String(number) : quoted(String(number));
}

/** A document may be written on several lines; within its texts there are no line ends. */
function document(text: unknown): string {
  JSON.parse(String(text));
  return String(text).replace(/[\r\n]/g, " ");
}

function fieldOf(name: string, { type, mode, fields }: Reader): FieldSchema {
  return { name, type, mode, ...(fields ? { fields } : {}) };
}

function refusal(what: string): WarehouseError {
  return new WarehouseError("invalid", `Error while reading data, error message: Avro: ${what}`);
}

function notSupported(what: string): WarehouseError {
  return new WarehouseError("notImplemented", `Avro: ${what} not supported by the local warehouse`);
}
