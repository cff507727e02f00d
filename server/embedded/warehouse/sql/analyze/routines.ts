import {
  type CompiledStatement,
  type RestDataType,
  type RoutineName,
  WarehouseError,
  type WarehouseRoutine,
} from "../../contract.ts";
import type { Name, TypeNode } from "../parse/ast.ts";
import type { Statement } from "../parse/statement-ast.ts";
import { parseSingleExpression, parseSingleQuery } from "../parse/statements.ts";
import { nullOf } from "../types/typed.ts";
import { type GType, scalar } from "../types/types.ts";
import { type Context, newScope, type SqlFunction } from "./context.ts";
import { callJavascript } from "./javascript-functions.ts";
import { boundText } from "./stored-text.ts";
import { resolveType } from "./type-nodes.ts";

type Node<K extends Statement["k"]> = Extract<Statement, { k: K }>;

/** Fills in the default dataset and project; null where a name has no dataset. */
function routineName(ctx: Context, parts: string[]): RoutineName | null {
  const { projectId } = ctx.options;
  const { defaultDataset } = ctx;
  const [routineId = "", datasetId, project] = [...parts].reverse();
  if (parts.length > 3) return null;
  if (datasetId === undefined) return defaultDataset && { ...defaultDataset, routineId };
  return { projectId: project ?? projectId, datasetId, routineId };
}

export function qualifyRoutine(ctx: Context, path: Name[]): RoutineName {
  const parts = path.map((name) => name.text);
  const name = routineName(ctx, parts);
  if (name) return name;
  throw new WarehouseError(
    "invalidQuery",
    `Routine name "${parts.join(".")}" missing dataset while no default dataset is set in the request.`,
  );
}

export function findRoutine(ctx: Context, parts: string[]): WarehouseRoutine | undefined {
  const name = routineName(ctx, parts);
  return name ? ctx.options.catalog.routine?.(name) : undefined;
}

/** `f(…)`, `d.f(…)` and `` `p.d.f`(…) ``: the dataset's function. */
export function findFunction(ctx: Context, written: string): SqlFunction | undefined {
  const routine = findRoutine(ctx, written.split("."));
  if (routine?.routineType !== "SCALAR_FUNCTION") return undefined;
  const isSql = routine.language === "SQL";
  return {
    name: { text: routine.name.routineId, pos: 0 },
    parameters: parametersOf(routine),
    returns: routine.returnType && typeNode(routine.returnType),
    body: isSql ? parseSingleExpression(routine.definitionBody) : null,
    code: isSql ? null : routine.definitionBody,
    isDeterministic: routine.isDeterministic,
    isStored: true,
    source: isSql ? routine.definitionBody : "",
    pos: 0,
  };
}

export function parametersOf(routine: WarehouseRoutine): SqlFunction["parameters"] {
  return routine.arguments.map(({ name, type }) => ({ name, type: type && typeNode(type) }));
}

export function typeNode(type: RestDataType): TypeNode {
  if (type.typeKind === "ARRAY") {
    return { k: "array", element: typeNode(type.arrayElementType ?? { typeKind: "" }), pos: 0 };
  }
  if (type.typeKind === "STRUCT") {
    const fields = (type.structType?.fields ?? []).map((field) => ({
      name: field.name ?? null,
      type: typeNode(field.type),
    }));
    return { k: "struct", fields, pos: 0 };
  }
  return { k: "named", name: type.typeKind.toUpperCase(), params: [], pos: 0 };
}

function restDataType(type: GType): RestDataType {
  if (type.kind === "ARRAY") {
    return { typeKind: "ARRAY", arrayElementType: restDataType(type.element) };
  }
  if (type.kind === "STRUCT") {
    const fields = type.fields.map((field) => ({
      ...(field.name === null ? {} : { name: field.name }),
      type: restDataType(field.type),
    }));
    return { typeKind: "STRUCT", structType: { fields } };
  }
  return { typeKind: type.kind };
}

function restTypeOf(ctx: Context, node: TypeNode): RestDataType {
  return restDataType(resolveType(ctx, node));
}

/** CREATE FUNCTION in a dataset. Its body is read now where its types are known. */
export function compileCreateFunction(
  ctx: Context,
  node: Node<"createFunction">,
): CompiledStatement {
  const isTyped = node.parameters.every(({ type }) => type !== null);
  const { text } = boundText(ctx, "functions", node, () => isTyped && checkBody(ctx, node));
  return {
    kind: "createRoutine",
    statementType: "CREATE_FUNCTION",
    mode: node.mode,
    reads: [],
    routine: {
      name: qualifyRoutine(ctx, node.path),
      routineType: "SCALAR_FUNCTION",
      language: node.code === null ? "SQL" : "JAVASCRIPT",
      arguments: node.parameters.map(({ name, type }) => ({
        name,
        type: type && restTypeOf(ctx, type),
        mode: "IN",
      })),
      returnType: node.returns && restTypeOf(ctx, node.returns),
      returnColumns: null,
      isDeterministic: node.isDeterministic,
      definitionBody: node.code ?? text,
    },
  };
}

function checkBody(ctx: Context, node: Node<"createFunction">): void {
  const scope = scopeOf(ctx, node.parameters);
  const env = { scope, clause: "a SQL function", aggregates: false, windows: null, aliases: null };
  const { body } = node;
  if (body) ctx.collect(() => ctx.expr(env, body));
  else callJavascript(ctx, node, [...scope.variables.values()]);
}

function scopeOf(ctx: Context, parameters: SqlFunction["parameters"]) {
  const scope = newScope(null, new Map());
  for (const { name, type } of parameters) {
    const value = nullOf(type ? resolveType(ctx, type) : scalar("INT64"));
    scope.variables.set(name.toLowerCase(), value);
  }
  return scope;
}

export function compileCreateTableFunction(
  ctx: Context,
  node: Node<"createTableFunction">,
): CompiledStatement {
  const isTyped = node.parameters.every(({ type }) => type !== null);
  const check = () => ctx.analyzers.query(ctx, node.query, scopeOf(ctx, node.parameters));
  const { text } = boundText(ctx, "functions", node, () => isTyped && ctx.collect(check));
  parseSingleQuery(text);
  return {
    kind: "createRoutine",
    statementType: "CREATE_TABLE_FUNCTION",
    mode: node.mode,
    reads: [],
    routine: {
      name: qualifyRoutine(ctx, node.path),
      routineType: "TABLE_VALUED_FUNCTION",
      language: "SQL",
      arguments: node.parameters.map(({ name, type }) => ({
        name,
        type: type && restTypeOf(ctx, type),
        mode: "IN",
      })),
      returnType: null,
      returnColumns:
        node.returns?.map(({ name, type }) => ({ name, type: restTypeOf(ctx, type) })) ?? null,
      isDeterministic: false,
      definitionBody: text,
    },
  };
}

export function compileCreateProcedure(
  ctx: Context,
  node: Node<"createProcedure">,
): CompiledStatement {
  return {
    kind: "createRoutine",
    statementType: "CREATE_PROCEDURE",
    mode: node.mode,
    reads: [],
    routine: {
      name: qualifyRoutine(ctx, node.path),
      routineType: "PROCEDURE",
      language: "SQL",
      arguments: node.parameters.map(({ name, type, mode }) => ({
        name,
        type: type && restTypeOf(ctx, type),
        mode,
      })),
      returnType: null,
      returnColumns: null,
      isDeterministic: false,
      definitionBody: node.text,
    },
  };
}

export function compileDropRoutine(ctx: Context, node: Node<"dropRoutine">): CompiledStatement {
  const words = {
    SCALAR_FUNCTION: "DROP_FUNCTION",
    TABLE_VALUED_FUNCTION: "DROP_TABLE_FUNCTION",
    PROCEDURE: "DROP_PROCEDURE",
  };
  return {
    kind: "dropRoutine",
    statementType: words[node.routineType],
    routine: qualifyRoutine(ctx, node.path),
    routineType: node.routineType,
    ifExists: node.ifExists,
    reads: [],
  };
}
