import { isDeepStrictEqual } from "node:util";
import { parseDocument, stringify } from "yaml";
import { MaestroError } from "../../../shared/errors.ts";
import { type TableDefinition, tableDefinitionSchema } from "../../../shared/table.ts";
import {
  type TableFile,
  type TableSettings,
  tableSettingsSchema,
} from "../../../shared/table-file.ts";
import type { CatalogNames } from "./catalog-names.ts";
import { hideAddresses, revealAddresses } from "./hidden-addresses.ts";

/*
 * A table as text and back. The settings' file holds what differs from the defaults, in an order of its
 * own, so that the same table is the same text always and a change of one setting is a change of one
 * line. Of the addresses of notifications it holds the hosts alone: the rest is often a secret.
 */

const defaults: TableSettings = tableSettingsSchema.parse({});
const first = ["kind", "description", "group", "frequency"] as const;

/** `dataset.name`. */
export function fileName(file: Pick<TableFile, "dataset" | "name">): string {
  return `${file.dataset}.${file.name}`;
}

/** The table as files, always the same for the same table. */
export function writeTableFile(definition: TableDefinition, names: CatalogNames): TableFile {
  const { dataset, name, query, ...rest } = definition;
  const { groupId, frequencyId, importDatabaseId, exportDatabaseId, ...plain } = rest;
  const settings: TableSettings = {
    ...plain,
    notifyUrls: hideAddresses(plain.notifyUrls),
    group: names.nameOf("group", groupId),
    frequency: names.nameOf("frequency", frequencyId),
    importDatabase: names.nameOf("database", importDatabaseId),
    exportDatabase: names.nameOf("database", exportDatabaseId),
  };
  const keys = Object.keys(tableSettingsSchema.shape) as (keyof TableSettings)[];
  const ordered = [...first, ...keys.filter((key) => !first.some((one) => one === key))];
  const told = ordered.filter(
    (key) => key === "kind" || !isDeepStrictEqual(settings[key], defaults[key]),
  );
  const text = normalSql(query);
  return {
    dataset,
    name,
    sql: text === "" ? null : `${text}\n`,
    settings: stringify(Object.fromEntries(told.map((key) => [key, settings[key]]))),
  };
}

/**
 * The definition that files stand for. `before` is the table as it is: it keeps its settings where there
 * is no file of them, and its group where that names none. Throws `invalidInput` with what is wrong.
 */
export function readTableFile(
  file: TableFile,
  names: CatalogNames,
  before: TableDefinition | null,
  groupIdOfNew: number | null,
): TableDefinition {
  const { dataset, name, sql } = file;
  const query = normalSql(sql ?? "");
  if (file.settings === null) {
    const kept = before ?? { ...withoutNames(defaults), groupId: groupIdOfNew };
    return tableDefinitionSchema.parse({ ...kept, dataset, name, query });
  }
  const settings = readSettingsFile(file.settings);
  const { group, frequency, importDatabase, exportDatabase } = settings;
  const keptGroup = before ? before.groupId : groupIdOfNew;
  return tableDefinitionSchema.parse({
    ...withoutNames(settings),
    notifyUrls: revealAddresses(settings.notifyUrls, before?.notifyUrls ?? []),
    dataset,
    name,
    query,
    groupId: group === null ? keptGroup : names.idOf("group", group, "group"),
    frequencyId: names.idOf("frequency", frequency, "frequency"),
    importDatabaseId: names.idOf("database", importDatabase, "importDatabase"),
    exportDatabaseId: names.idOf("database", exportDatabase, "exportDatabase"),
  });
}

/**
 * Whether both would be the same files and send to the same addresses: what a table points at may have
 * been renamed, line ends lost.
 */
export function sameTables(
  one: TableDefinition,
  other: TableDefinition,
  names: CatalogNames,
): boolean {
  const [file, otherFile] = [one, other].map((table) => writeTableFile(table, names));
  return (
    file?.sql === otherFile?.sql &&
    file?.settings === otherFile?.settings &&
    isDeepStrictEqual(one.notifyUrls, other.notifyUrls)
  );
}

function withoutNames(settings: TableSettings) {
  const { group: _, frequency: __, importDatabase: ___, exportDatabase: ____, ...rest } = settings;
  return rest;
}

function normalSql(text: string): string {
  return text.replaceAll("\r\n", "\n").trimEnd();
}

function readSettingsFile(text: string): TableSettings {
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault) throw invalid(`these are no settings in YAML: ${firstLine(fault.message)}`);
  let value: unknown;
  try {
    // Few aliases are settings; many are a text that grows without end.
    value = document.toJS({ maxAliasCount: 20 }) ?? {};
  } catch (cause) {
    throw invalid("these settings repeat themselves by too many aliases: write them out", cause);
  }
  const parsed = tableSettingsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".");
  throw invalid(`${path ? `${path}: ` : ""}${issue?.message ?? "these settings cannot be read"}`);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

function invalid(message: string, cause?: unknown): MaestroError {
  return new MaestroError("invalidInput", message, { field: "settings", cause });
}
