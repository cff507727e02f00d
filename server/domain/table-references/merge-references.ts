import type { ReferenceSource } from "../../../shared/table.ts";
import { withoutOverlong } from "./bounded-names.ts";
import { type SplitReference, splitReference } from "./match-reference.ts";
import { sortedNames } from "./source-names.ts";

/** One table that a table depends on, and who says so. */
export interface MergedReference {
  /** As written, without backticks; wildcards kept. */
  name: string;
  foundBy: ReferenceSource[];
  /** It is read in its last version: no edge of the graph. */
  ignored: boolean;
}

/** What is known of one table's dependencies. Lists that are null were not to be had. */
export interface ReferenceLayers {
  ast: string[] | null;
  /** Why there is no AST. */
  astError: string | null;
  scanner: string[];
  dryRun: string[] | null;
  /** Parents that the SQL does not show, and parents to ignore, as a person named them. */
  manual: string[];
  ignored: string[];
}

/** What names without a project or a dataset are of. */
export interface NameDefaults {
  defaultProject: string | null;
  defaultDataset?: string | null;
}

/**
 * The union of all layers, sorted by name, and a sentence for each disagreement. Names that mean the
 * same table (`d.t` and `p.d.t` of the default project, `t` and `d.t` of the default dataset,
 * `d.t$2024` and `d.t`) are one row, under the name as the SQL has it.
 */
export function mergeReferences(
  found: ReferenceLayers,
  defaults: NameDefaults,
): { references: MergedReference[]; warnings: string[] } {
  const { layers, warnings: overlong } = withoutOverlong(found);
  const identityOf = (name: string) => {
    const split = splitWithin(name, defaults);
    return split ? JSON.stringify(Object.values(split)) : name;
  };
  const rows = new Map<string, MergedReference>();
  const add = (names: readonly string[], source: ReferenceSource) => {
    for (const name of sortedNames(names)) {
      const identity = identityOf(name);
      const row = rows.get(identity) ?? { name, foundBy: [], ignored: false };
      rows.set(identity, row);
      if (!row.foundBy.includes(source)) row.foundBy.push(source);
    }
  };
  add(layers.ast ?? [], "ast");
  add(layers.scanner, "scanner");
  addDryRun(layers.dryRun ?? [], rows, add, defaults);
  add(layers.manual, "manual");
  const warnings = [
    ...overlong,
    ...disagreements(layers, rows),
    ...ignore(layers.ignored, rows, defaults),
  ];
  const names = sortedNames([...rows.values()].map((row) => row.name));
  const byName = new Map([...rows.values()].map((row) => [row.name, row]));
  return { references: names.flatMap((name) => byName.get(name) ?? []), warnings };
}

/** A name taken apart, with the defaults filled in. */
function splitWithin(name: string, defaults: NameDefaults): SplitReference | null {
  const split = splitReference(name, defaults.defaultProject);
  if (!split || split.dataset !== null) return split;
  const dataset = defaults.defaultDataset ?? null;
  return { ...split, dataset, project: dataset === null ? null : defaults.defaultProject };
}

function covers(wildcard: SplitReference, table: SplitReference | null): boolean {
  return (
    wildcard.isWildcard &&
    table?.project === wildcard.project &&
    table.dataset === wildcard.dataset &&
    table.name.startsWith(wildcard.name)
  );
}

/** BigQuery names each table of a wildcard: those are the wildcard's, no rows of their own. */
function addDryRun(
  names: string[],
  rows: Map<string, MergedReference>,
  add: (names: string[], source: ReferenceSource) => void,
  defaults: NameDefaults,
): void {
  const wildcards = [...rows.values()].flatMap(({ name }) => {
    const split = splitWithin(name, defaults);
    return split?.isWildcard ? [{ name, split }] : [];
  });
  for (const name of names) {
    const table = splitWithin(name, defaults);
    const wildcard = wildcards.find(({ split }) => covers(split, table));
    add([wildcard?.name ?? name], "dryRun");
  }
}

function disagreements(layers: ReferenceLayers, rows: Map<string, MergedReference>): string[] {
  const warnings: string[] = [];
  if (layers.ast === null) {
    const why = layers.astError === null ? "" : ` (${layers.astError})`;
    warnings.push(
      `The parser could not read this SQL${why}: its references were found by scanning the text alone.`,
    );
  }
  for (const { name, foundBy } of rows.values()) {
    const sentence = disagreement(name, foundBy, layers);
    if (sentence !== null) warnings.push(sentence);
  }
  return warnings;
}

function disagreement(
  name: string,
  foundBy: ReferenceSource[],
  layers: ReferenceLayers,
): string | null {
  const has = (source: ReferenceSource) => foundBy.includes(source);
  const isInSql = has("ast") || has("scanner");
  if (!isInSql && has("dryRun")) {
    return `BigQuery reads ${name}, which the SQL does not show (through a view or a function).`;
  }
  if (!isInSql) return null;
  if (layers.ast !== null && !has("ast")) {
    return `${name} was found by scanning the text, but not by the parser; it counts as a parent.`;
  }
  if (!has("scanner")) {
    return `${name} was found by the parser, but not by scanning the text; it counts as a parent.`;
  }
  // BigQuery's list is cut off above 50 tables: then what it lacks says nothing.
  if (layers.dryRun !== null && layers.dryRun.length < 50 && !has("dryRun")) {
    return `The SQL names ${name}, but BigQuery's dry run does not read it; it counts as a parent.`;
  }
  return null;
}

/**
 * Marks the rows to ignore: of the same table, and of those that an ignored wildcard stands for. One
 * table of a wildcard that is read gets a row of its own, to be taken from the wildcard's. A name
 * that is no reference gets a warning.
 */
function ignore(
  names: string[],
  rows: Map<string, MergedReference>,
  defaults: NameDefaults,
): string[] {
  const warnings: string[] = [];
  const read = [...rows.values()].map((row) => ({ row, split: splitWithin(row.name, defaults) }));
  for (const name of names) {
    const split = splitWithin(name, defaults);
    const key = JSON.stringify(split);
    const marked = read.filter(
      (one) => JSON.stringify(one.split) === key || (split && covers(split, one.split)),
    );
    for (const { row } of marked) row.ignored = true;
    if (marked.length > 0) continue;
    if (read.some((one) => one.split && covers(one.split, split))) {
      rows.set(name, { name, foundBy: ["manual"], ignored: true });
    } else {
      warnings.push(`${name} is to be ignored, but nothing refers to it.`);
    }
  }
  return warnings;
}
