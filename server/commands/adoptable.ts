import { readFile } from "node:fs/promises";
import { stringify } from "yaml";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { Partitioning } from "../../shared/table.ts";
import type { TableFile, TableSettings } from "../../shared/table-file.ts";
import type { UnreadFile } from "./read-files.ts";

/** A table that another tool's project holds, as Maestro would have it. */
export interface Adoptable {
  /** Where it was found. */
  from: string;
  file: TableFile;
  /** What is otherwise than it was there, in sentences. */
  notes: string[];
}

/** All that a project holds: what can be adopted, and what cannot with the reason. */
export interface Project {
  tool: "plain SQL" | "dbt" | "Dataform";
  tables: Adoptable[];
  left: UnreadFile[];
}

/** One thing of a project: a table, or why it is none. */
export type Read = { table: Adoptable } | { left: UnreadFile };

const identifier = /^[A-Za-z0-9_]{1,1024}$/;

export function leave(path: string, reason: string): Read {
  return { left: { path, reason } };
}

/** A table of its name, SQL and settings; left where Maestro has no table of such a name. */
export function adopt(
  from: string,
  { dataset, name, sql }: { dataset: string; name: string; sql: string | null },
  settings: Partial<TableSettings>,
  notes: string[],
): Read {
  if (!identifier.test(dataset) || !identifier.test(name)) {
    return leave(
      from,
      `${dataset}.${name} is no name of a table here: letters, digits and _ alone`,
    );
  }
  return { table: { from, file: { dataset, name, sql, settings: stringify(settings) }, notes } };
}

export function projectOf(tool: Project["tool"], all: Read[]): Project {
  return {
    tool,
    tables: all.flatMap((one) => ("table" in one ? [one.table] : [])),
    left: all.flatMap((one) => ("left" in one ? [one.left] : [])),
  };
}

/** The JSON of a file; throws `invalidInput` where it holds none. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new MaestroError("invalidInput", `${path} cannot be read: ${messageOf(cause)}`);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MaestroError("invalidInput", `${path} holds no JSON: ${messageOf(cause)}`);
  }
}

const truncation =
  /^(?:DATE|TIMESTAMP|DATETIME)_TRUNC\(\s*(\w+)\s*,\s*(HOUR|DAY|MONTH|YEAR)\s*\)$/i;

/** What a `PARTITION BY` says; null where it is none that a table here may have. */
export function partitioningOf(expression: string): Partitioning | null {
  const text = expression.trim();
  const whole = (type: string, field: string): Partitioning => ({
    type: type.toUpperCase() as Partitioning["type"],
    field,
    expirationDays: null,
  });
  const [, truncated, unit] = truncation.exec(text) ?? [];
  if (truncated && unit) return whole(unit, truncated);
  const [, dated] = /^DATE\(\s*(\w+)\s*\)$/i.exec(text) ?? [];
  if (dated) return whole("DAY", dated);
  return identifier.test(text) ? whole("DAY", text) : null;
}
