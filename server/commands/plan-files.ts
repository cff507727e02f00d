import type { Writable } from "node:stream";
import { diffLines } from "../../shared/diff-lines.ts";
import { MaestroError } from "../../shared/errors.ts";
import {
  mostFiles,
  mostFilesBytes,
  type PlannedTable,
  type TableFile,
} from "../../shared/table-file.ts";
import { findCycle } from "../domain/graph.ts";
import { effectsOf } from "../domain/plan-text.ts";
import type { Client, CommandIo } from "./client-connection.ts";

/** A plan of many tables: each by itself, and what they are together. */
export interface FilesPlan {
  tables: PlannedTable[];
  /** The path of a cycle among them, first = last; null where there is none. */
  cycle: string[] | null;
}

/** Asks the server for the plan, in requests of a size that it takes. */
export async function planFiles(
  client: Client,
  files: TableFile[],
  options: { withPlans?: boolean } = {},
): Promise<FilesPlan> {
  assertNamedOnce(files);
  const tables: PlannedTable[] = [];
  for (const chunk of chunksOf(files)) {
    tables.push(...(await client.tables.planFiles.query({ files: chunk, ...options })));
  }
  return { tables, cycle: cycleAmong(tables) };
}

function assertNamedOnce(files: TableFile[]): void {
  const seen = new Set<string>();
  for (const { dataset, name } of files) {
    const full = `${dataset}.${name}`;
    if (seen.has(full)) {
      throw new MaestroError("invalidInput", `${full} is there twice: leave one of its files out`);
    }
    seen.add(full);
  }
}

function chunksOf(files: TableFile[]): TableFile[][] {
  const chunks: TableFile[][] = [];
  let bytes = 0;
  for (const file of files) {
    const own = Buffer.byteLength(file.sql ?? "") + Buffer.byteLength(file.settings ?? "") + 200;
    const last = chunks.at(-1);
    if (last && last.length < mostFiles && bytes + own <= mostFilesBytes) {
      last.push(file);
      bytes += own;
    } else {
      chunks.push([file]);
      bytes = own;
    }
  }
  return chunks;
}

/** Among the tables of the plan alone: what else would close one is refused by the save. */
export function cycleAmong(tables: PlannedTable[]): string[] | null {
  const ids = new Map(tables.map(({ name }, index) => [name, index]));
  const edges = tables.flatMap(({ name, reads }, child) =>
    parentsAmong(reads, ids)
      .filter((parent) => tables[parent]?.name !== name)
      .map((parent): [number, number] => [parent, child]),
  );
  const cycle = findCycle({ ids: [...ids.values()], edges });
  return cycle?.map((id) => tables[id]?.name ?? "") ?? null;
}

function parentsAmong(reads: string[], ids: ReadonlyMap<string, number>): number[] {
  return reads.flatMap((read) => {
    if (!read.endsWith("*")) return ids.get(read) ?? [];
    return [...ids].flatMap(([name, id]) => (name.startsWith(read.slice(0, -1)) ? [id] : []));
  });
}

const marks = { create: "+", update: "~", none: "=", refused: "!" } as const;

/** A line a table that would change, and how many would not. */
export function writePlan(stdout: Writable, { tables, cycle }: FilesPlan): void {
  for (const table of tables) {
    if (table.action === "none") continue;
    stdout.write(`${marks[table.action]} ${table.name}  ${tellTable(table)}\n`);
    for (const effect of table.plan ? effectsOf(table.plan) : []) stdout.write(`    ${effect}\n`);
    const warnings = new Set([...table.warnings, ...(table.plan?.warnings ?? [])]);
    for (const warning of warnings) stdout.write(`    warning: ${warning}\n`);
  }
  if (cycle) stdout.write(`! these read each other in a circle: ${cycle.join(" → ")}\n`);
  const count = (action: PlannedTable["action"]) =>
    tables.filter((table) => table.action === action).length;
  stdout.write(
    `${count("create")} to make, ${count("update")} to change, ${count("none")} as they are, ${count("refused")} refused\n`,
  );
}

function tellTable({ action, kind, changed, reads, refusal }: PlannedTable): string {
  if (action === "refused") return `cannot be saved: ${refusal}`;
  if (action === "update") return `changes ${changed.join(", ")}`;
  return `${kind}${reads.length > 0 ? `, reads ${reads.join(", ")}` : ""}`;
}

/** Throws where a plan cannot be carried out whole. */
export function assertPlanned({ tables, cycle }: FilesPlan): void {
  const refused = tables.filter(({ action }) => action === "refused");
  const [first] = refused;
  if (first) {
    const more = refused.length > 1 ? `, and ${refused.length - 1} more` : "";
    const message = `${first.name} cannot be saved: ${first.refusal}${more}; nothing was saved`;
    throw new MaestroError("invalidInput", message);
  }
  if (!cycle) return;
  const path = cycle.join(" → ");
  throw new MaestroError("cycle", `these tables read each other in a circle: ${path}`);
}

/** Saves what would change, one table after another; one that was saved already is as it is. */
export async function savePlanned(
  io: CommandIo,
  client: Client,
  tables: PlannedTable[],
  options: { quiet: boolean },
): Promise<{ name: string; version: number; warnings: string[] }[]> {
  const wanted = tables.filter(({ action }) => action === "create" || action === "update");
  const saved: { name: string; version: number; warnings: string[] }[] = [];
  for (const { name, after, version: planned } of wanted) {
    if (!after) continue;
    const { version, warnings } = await client.tables.saveFile.mutate({
      file: after,
      version: planned,
    });
    saved.push({ name, version, warnings });
    if (options.quiet) continue;
    io.stdout.write(`${name} is saved, version ${version} (${saved.length} of ${wanted.length})\n`);
    for (const warning of warnings) io.stdout.write(`    warning: ${warning}\n`);
  }
  return saved;
}

/** What would change of the table's files, in the form that `diff -u` has; empty where nothing would. */
export function diffTable({ name, before, after }: PlannedTable): string {
  const path = name.replace(".", "/");
  return [
    diffText(`${path}.sql`, before?.sql ?? "", after?.sql ?? ""),
    diffText(`${path}.yaml`, before?.settings ?? "", after?.settings ?? ""),
  ].join("");
}

const around = 3;

function diffText(path: string, before: string, after: string): string {
  if (before === after) return "";
  const lines = diffLines(before.replace(/\n$/, ""), after.replace(/\n$/, ""));
  const signs = { same: " ", added: "+", removed: "-" };
  const near = lines.map((_, index) =>
    lines
      .slice(Math.max(0, index - around), index + around + 1)
      .some(({ kind }) => kind !== "same"),
  );
  const body = lines.flatMap(({ kind, text }, index) => {
    if (near[index]) return [`${signs[kind]}${text}`];
    return near[index - 1] || index === 0 ? ["…"] : [];
  });
  return `--- catalog/${path}\n+++ files/${path}\n${body.join("\n")}\n`;
}
