import { WarehouseError } from "../contract.ts";
import type { Name } from "../sql/parse/ast.ts";
import { errorAt, notSupported } from "../sql/parse/positions.ts";
import type { Located, Statement } from "../sql/parse/statement-ast.ts";
import { nullOf, type Typed } from "../sql/types/typed.ts";
import { type GType, scalar } from "../sql/types/types.ts";
import type { Frame } from "./frames.ts";
import type { ScriptSession } from "./script-session.ts";

type Node<K extends Statement["k"]> = Extract<Statement, { k: K }>;

export function declaredVariable(frame: Frame, name: Name): Typed {
  const known = frame.variables.get(name.text.toLowerCase());
  if (known) return known;
  throw errorAt(frame.source, name.pos, `Undeclared variable: ${name.text}`);
}

export async function setVariable(
  session: ScriptSession,
  frame: Frame,
  node: Node<"set">,
  at: Located,
): Promise<void> {
  const { type } = declaredVariable(frame, node.name);
  const value = await session.evaluate(frame, node.value, type, at);
  frame.variables.set(node.name.text.toLowerCase(), value);
}

/** SET (a, b) = a struct with as many fields. */
export async function setMany(
  session: ScriptSession,
  frame: Frame,
  node: Node<"setMany">,
  at: Located,
): Promise<void> {
  const seen = new Set<string>();
  const fields = node.names.map((name) => {
    const key = name.text.toLowerCase();
    if (seen.has(key)) {
      throw errorAt(frame.source, name.pos, `Assigning multiple values to variable: ${name.text}`);
    }
    seen.add(key);
    return { name: null, type: declaredVariable(frame, name).type };
  });
  const target: GType = { kind: "STRUCT", fields };
  const single = node.names[0];
  if (single && node.names.length === 1) {
    const value = await session.evaluate(frame, node.value, fields[0]?.type ?? target, at);
    frame.variables.set(single.text.toLowerCase(), value);
    return;
  }
  const value = await session.evaluate(frame, node.value, target, at);
  const parts = await session.fieldsOf(value, fields);
  for (const [i, name] of node.names.entries()) {
    const { type } = fields[i] as { type: GType };
    frame.variables.set(name.text.toLowerCase(), parts?.[i] ?? nullOf(type));
  }
}

/** SET @@dataset_id and @@dataset_project_id; BigQuery's others are refused. */
export async function setSystem(
  session: ScriptSession,
  frame: Frame,
  node: Node<"setSystem">,
  at: Located,
): Promise<void> {
  const { configuration } = session;
  const value = await session.evaluate(frame, node.value, scalar("STRING"), at);
  const text = await session.textOf(value);
  const before = configuration.defaultDataset ?? { datasetId: "" };
  switch (node.name) {
    case "dataset_id":
      if (text === null) throw notSupported("SET @@dataset_id to NULL");
      configuration.defaultDataset = { ...before, datasetId: text };
      return;
    case "dataset_project_id":
      if (text === null) throw notSupported("SET @@dataset_project_id to NULL");
      configuration.defaultDataset = { ...before, projectId: text };
      return;
    case "time_zone":
      if (text === "UTC") return;
      throw notSupported("SET @@time_zone to anything but UTC");
    case "row_count":
    case "project_id":
      throw new WarehouseError(
        "invalidQuery",
        `System variable @@${node.name} is read-only and cannot be assigned to`,
      );
    default:
      throw notSupported(`SET @@${node.name}`);
  }
}
