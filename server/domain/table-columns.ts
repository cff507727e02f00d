import type { FieldSchema } from "../../shared/table.ts";

/** A run that appends adds columns, keeps those that its query lacks, and fails where a type differs. */
export function appendColumns(
  stored: FieldSchema[],
  query: FieldSchema[],
): { columns: FieldSchema[]; refusals: string[] } {
  const kept = new Map(stored.map((field) => [field.name.toLowerCase(), typeText(field)]));
  return {
    columns: [...stored, ...query.filter(({ name }) => !kept.has(name.toLowerCase()))],
    refusals: query.flatMap((field) => {
      const has = kept.get(field.name.toLowerCase());
      const gets = typeText(field);
      return has === undefined || has === gets
        ? []
        : [`its runs will fail: column ${field.name} is ${has} and cannot be appended ${gets}`];
    }),
  };
}

/** Names that came, went, and are of another type; nothing where either side is unknown. */
export function compareColumns(
  before: FieldSchema[] | null,
  after: FieldSchema[] | null,
): {
  columnsAdded: string[];
  columnsRemoved: string[];
  columnsChanged: { name: string; from: string; to: string }[];
} {
  if (!before || !after) return { columnsAdded: [], columnsRemoved: [], columnsChanged: [] };
  const old = new Map(before.map((field) => [field.name, typeText(field)]));
  const fresh = new Map(after.map((field) => [field.name, typeText(field)]));
  return {
    columnsAdded: [...fresh.keys()].filter((name) => !old.has(name)),
    columnsRemoved: [...old.keys()].filter((name) => !fresh.has(name)),
    columnsChanged: [...fresh].flatMap(([name, to]) => {
      const from = old.get(name);
      return from === undefined || from === to ? [] : [{ name, from, to }];
    }),
  };
}

function typeText(field: FieldSchema): string {
  const inner = field.fields
    ? `${field.type}<${field.fields.map((one) => `${one.name} ${typeText(one)}`).join(", ")}>`
    : field.type;
  return field.mode === "REPEATED" ? `ARRAY<${inner}>` : inner;
}
