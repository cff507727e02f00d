import type { FieldSchema } from "../../../../shared/table.ts";
import { WarehouseError } from "../contract.ts";
import { sampledRecords, typeOfText, widerType } from "./detect-types.ts";

/** What has been seen of one field. */
interface Seen {
  repeated: boolean;
  /** Null: only nulls so far. */
  type: string | null;
  members: Map<string, Seen>;
}

/** The fields of JSON objects, in the order in which they first appear. */
export async function detectJson(lines: AsyncIterable<string>): Promise<FieldSchema[]> {
  const root: Seen = { repeated: false, type: null, members: new Map() };
  let count = 0;
  for await (const line of lines) {
    if (line.trim() === "") continue;
    see(root, objectOf(line), "");
    count += 1;
    if (count >= sampledRecords) break;
  }
  const fields = fieldsOf(root);
  if (fields.length > 0) return fields;
  throw new WarehouseError("invalid", "The files have no rows to detect a schema from");
}

/** A number as it is written: 5.0 is no integer. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function keepNumberText(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === "number" ? new NumberText(context?.source ?? String(value)) : value;
}

function objectOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line, keepNumberText);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Said below, with the same words as for other values.
  }
  throw new WarehouseError(
    "invalid",
    "Error while reading data, error message: Failed to parse JSON: a line is no JSON object",
  );
}

function see(seen: Seen, value: unknown, path: string): void {
  if (value === null) return;
  if (Array.isArray(value)) {
    seen.repeated = true;
    for (const item of value) {
      if (Array.isArray(item)) throw disagreement(path, "an array of arrays");
      see(seen, item, path);
    }
    return;
  }
  const type = typeOf(value);
  const isMixed = seen.type !== null && (seen.type === "RECORD") !== (type === "RECORD");
  if (isMixed) throw disagreement(path, "an object in one row and another value in the next");
  seen.type = type === "RECORD" ? type : widerType(seen.type, type);
  if (type !== "RECORD") return;
  for (const [key, member] of Object.entries(value as object)) {
    const known = seen.members.get(key) ?? { repeated: false, type: null, members: new Map() };
    seen.members.set(key, known);
    see(known, member, path === "" ? key : `${path}.${key}`);
  }
}

function typeOf(value: unknown): string {
  if (typeof value === "string") return value === "" ? "STRING" : typeOfText(value);
  if (typeof value === "boolean") return "BOOLEAN";
  return value instanceof NumberText ? typeOfText(value.text) : "RECORD";
}

function disagreement(path: string, what: string): WarehouseError {
  return new WarehouseError(
    "invalid",
    `Error while reading data, error message: Schema detection failed: field ${path} is ${what}`,
  );
}

function fieldsOf(seen: Seen): FieldSchema[] {
  return [...seen.members].flatMap(([name, member]): FieldSchema[] => {
    const mode = member.repeated ? "REPEATED" : "NULLABLE";
    if (member.type !== "RECORD") return [{ name, type: member.type ?? "STRING", mode }];
    const fields = fieldsOf(member);
    // An object that is always empty has nothing to make a column of.
    return fields.length > 0 ? [{ name, type: "RECORD", mode, fields }] : [];
  });
}
