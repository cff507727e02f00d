import type { CompiledStatement, TableChange, TableConstraints } from "../../contract.ts";
import type { Name } from "../parse/ast.ts";
import type {
  AlterAction,
  ColumnDefault,
  ColumnDefinition,
  Statement,
  TableKey,
} from "../parse/statement-ast.ts";
import { fromField, toField } from "../types/types.ts";
import type { Context } from "./context.ts";
import { defaultText } from "./default-values.ts";
import { columnDescription, objectOptions } from "./options.ts";
import { datasetName, lookUp, qualify } from "./tables.ts";
import { resolveType } from "./type-nodes.ts";

type Alter = Extract<Statement, { k: "alter" }>;

export function compileAlter(ctx: Context, node: Alter): CompiledStatement {
  const { object, ifExists } = node;
  const target =
    object === "SCHEMA" ? { ...datasetName(ctx, node.path), tableId: "" } : qualify(ctx, node.path);
  const changes = node.actions.map((action) => change(ctx, node, action));
  return {
    kind: "alter",
    statementType: `ALTER_${object}`,
    object,
    target,
    ifExists,
    changes,
    reads: [],
  };
}

function change(ctx: Context, node: Alter, action: AlterAction): TableChange {
  switch (action.k) {
    case "options": {
      const object = node.object.toLowerCase() as "table" | "view" | "schema";
      return { k: "options", options: objectOptions(ctx, object, action.options) };
    }
    case "addColumn": {
      if (action.column.notNull) {
        throw ctx.fail(
          action.column.name.pos,
          `Cannot add REQUIRED columns to an existing schema: ${action.column.name.text}`,
        );
      }
      return {
        k: "addColumn",
        field: columnField(ctx, action.column),
        ifNotExists: action.ifNotExists,
      };
    }
    case "dropColumn":
      return { k: "dropColumn", name: action.name.text, ifExists: action.ifExists };
    case "renameColumn":
      return {
        k: "renameColumn",
        from: action.from.text,
        to: action.to.text,
        ifExists: action.ifExists,
      };
    case "rename":
      return { k: "rename", tableId: action.to.text };
    case "addKey":
      return { k: "addKeys", constraints: constraintsOf(ctx, [action.key]) };
    case "dropPrimaryKey":
      return { k: "dropPrimaryKey", ifExists: action.ifExists };
    default:
      return changeColumn(ctx, node, action);
  }
}

function changeColumn(
  ctx: Context,
  node: Alter,
  action: Extract<AlterAction, { k: "dropNotNull" | "setType" | "setDefault" | "columnOptions" }>,
): TableChange {
  const { ifExists } = action;
  const name = action.name.text;
  if (action.k === "setDefault") {
    const defaultValueExpression = action.value && newDefault(ctx, node, action.name, action.value);
    return { k: "changeColumn", name, ifExists, field: { defaultValueExpression } };
  }
  if (action.k === "dropNotNull")
    return { k: "changeColumn", name, ifExists, field: { mode: "NULLABLE" } };
  if (action.k === "setType") {
    const { type } = toField(name, resolveType(ctx, action.type));
    return { k: "changeColumn", name, ifExists, field: { type } };
  }
  const description = columnDescription(ctx, action.options) ?? null;
  return { k: "changeColumn", name, ifExists, field: { description } };
}

/** Held against the column's type; what is not there is told when the statement runs. */
function newDefault(ctx: Context, node: Alter, { text }: Name, value: ColumnDefault): string {
  const schema = lookUp(ctx, qualify(ctx, node.path))?.schema;
  const field = schema?.find(({ name }) => name.toLowerCase() === text.toLowerCase());
  const type = field && fromField(field);
  return type ? defaultText(ctx, { name: field.name, type }, value) : value.text;
}

/** A column as CREATE TABLE and ADD COLUMN define it. */
export function columnField(ctx: Context, column: ColumnDefinition) {
  const name = column.name.text;
  const type = resolveType(ctx, column.type);
  const field = toField(name, type);
  const description = columnDescription(ctx, column.options);
  return {
    ...field,
    ...(column.notNull ? { mode: "REQUIRED" as const } : {}),
    ...(description ? { description } : {}),
    ...(column.default && {
      defaultValueExpression: defaultText(ctx, { name, type }, column.default),
    }),
  };
}

export function constraintsOf(ctx: Context, keys: TableKey[]): TableConstraints {
  const names = (list: { text: string }[]) => list.map((name) => name.text);
  const primary = keys.filter((key) => !key.references);
  if (primary.length > 1) {
    throw ctx.fail(primary[1]?.columns[0]?.pos ?? 0, "A table can have at most one PRIMARY KEY");
  }
  const foreignKeys = keys.flatMap(({ columns, references }) =>
    references
      ? [
          {
            referencedTable: qualify(ctx, references.path),
            columnReferences: columns.map((column, i) => ({
              referencingColumn: column.text,
              referencedColumn: references.columns[i]?.text ?? "",
            })),
          },
        ]
      : [],
  );
  return {
    ...(primary[0] ? { primaryKey: { columns: names(primary[0].columns) } } : {}),
    ...(foreignKeys.length > 0 ? { foreignKeys } : {}),
  };
}
