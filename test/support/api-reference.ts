import { z } from "zod";
import { appRouter } from "../../server/api/router.ts";
import { tableDefinitionSchema } from "../../shared/table.ts";

type Schema = z.core.JSONSchema.JSONSchema;

/** As tRPC keeps them, by their paths. */
type Procedures = Record<
  string,
  { _def: { type: string; meta: { policy: string }; inputs: unknown[] } }
>;

/** Inputs that several procedures take, by the name that the document gives them. */
const named: [name: string, meaning: string, schema: Schema][] = [
  ["TableDefinition", "what is saved of a table", schemaOf(tableDefinitionSchema)],
];

/** The tables of docs/api.md, from the procedures themselves and the schemas that check their inputs. */
export function apiReference(): string {
  const procedures = Object.entries(appRouter._def.procedures as unknown as Procedures);
  const nouns = Map.groupBy(procedures, ([path]) => path.replace(/\..*/, ""));
  const sections = [...nouns].map(([noun, procedures]) => {
    const rows = procedures.map(([path, { _def }]) => {
      const cells = [`\`${path}\``, _def.type, _def.meta.policy, inputText(_def.inputs)];
      return `| ${cells.join(" | ")} |`;
    });
    const head = ["| Procedure | Kind | Right | Input |", "|---|---|---|---|"];
    return [`### ${noun}`, [...head, ...rows].join("\n")].join("\n\n");
  });
  return [...sections, ...named.map(definitionSection)].join("\n\n");
}

function schemaOf(input: unknown): Schema {
  return z.toJSONSchema(input as z.ZodType, { io: "input", unrepresentable: "any" });
}

function inputText(inputs: unknown[]): string {
  const texts = inputs.map((input) => typeText(schemaOf(input)));
  return texts.length === 0 ? "none" : code(texts.join(" & "));
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function definitionSection([name, meaning, schema]: (typeof named)[number]): string {
  const rows = fieldsOf(schema).map((field) => `| ${code(field.name)} | ${code(field.type)} |`);
  const table = ["| Field | Type |", "|---|---|", ...rows].join("\n");
  return [`### ${name}`, `The fields of ${meaning}.`, table].join("\n\n");
}

/** As TypeScript writes it; what may be left out has a `?`. */
function typeText(schema: Schema): string {
  const known = named.find(([, , one]) => isSame(one, schema));
  if (known) return known[0];
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices) return choices.map((one) => each(one)).join(schema.allOf ? " & " : " | ");
  if (schema.type === "array") return elementsText(each(schema.items ?? {}));
  if (schema.type !== "object") return [schema.type ?? "unknown"].flat().join(" | ");
  if (!schema.properties) return `Record<string, ${each(schema.additionalProperties ?? {})}>`;
  const fields = fieldsOf(schema).map(({ name, type }) => `${name}: ${type}`);
  return `{ ${fields.join(", ")} }`;
}

function each(schema: Schema | boolean | (Schema | boolean)[]): string {
  return typeof schema === "boolean" || Array.isArray(schema) ? "unknown" : typeText(schema);
}

function elementsText(element: string): string {
  return element.includes(" | ") && !element.startsWith("{") ? `(${element})[]` : `${element}[]`;
}

function fieldsOf({ properties = {}, required = [] }: Schema): { name: string; type: string }[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name: required.includes(name) ? name : `${name}?`,
    type: each(schema),
  }));
}

/** Where it is part of another schema it lacks the mark of a whole document. */
function isSame({ $schema: _, ...one }: Schema, { $schema: __, ...other }: Schema): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
