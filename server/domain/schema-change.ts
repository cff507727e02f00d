import type { FieldSchema } from "../../shared/table.ts";

export interface SchemaChange {
  added: string[];
  dropped: string[];
  changed: { name: string; from: string; to: string }[];
}

/** What became of a table's columns; null where they are the same, in the same order. */
export function schemaChange(
  before: readonly FieldSchema[],
  after: readonly FieldSchema[],
): SchemaChange | null {
  const earlier = new Map(before.map((field) => [field.name, typeText(field)]));
  const later = new Map(after.map((field) => [field.name, typeText(field)]));
  const change = {
    added: [...later.keys()].filter((name) => !earlier.has(name)),
    dropped: [...earlier.keys()].filter((name) => !later.has(name)),
    changed: [...later].flatMap(([name, to]) => {
      const from = earlier.get(name);
      return from === undefined || from === to ? [] : [{ name, from, to }];
    }),
  };
  const isSame = [...earlier.keys()].join("\n") === [...later.keys()].join("\n");
  return isSame && change.changed.length === 0 ? null : change;
}

/** `new a, b; gone c; d is now STRING and was INT64`. */
export function schemaChangeText({ added, dropped, changed }: SchemaChange): string {
  const parts = [
    ...(added.length > 0 ? [`new ${added.join(", ")}`] : []),
    ...(dropped.length > 0 ? [`gone ${dropped.join(", ")}`] : []),
    ...changed.map(({ name, from, to }) => `${name} is now ${to} and was ${from}`),
  ];
  return parts.length > 0 ? parts.join("; ") : "they stand in another order";
}

function typeText({ type, mode, fields }: FieldSchema): string {
  const inner = fields ? `<${fields.map((each) => `${each.name} ${typeText(each)}`)}>` : "";
  return `${mode === "NULLABLE" ? "" : `${mode} `}${type}${inner}`;
}
