import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ChildResult, measureCommand, measureInChild } from "../support/child.ts";
import type { BenchOptions } from "../support/options.ts";
import type { BenchResult, Target } from "../support/report.ts";
import { type Comparison, type Contestant, compare, type Measurement } from "../support/rounds.ts";
import { compileWithDataform, findDataform, writeDataformProject } from "./dataform.ts";
import { type GeneratedCatalog, generateCatalog } from "./generate-catalog.ts";

const reader = fileURLToPath(new URL("./read-references.ts", import.meta.url));
const both = "both layers (maestro references)";
const scanner = "scanner alone";
const dataform = "Dataform CLI, compile";

/** References of whole catalogs, priorities of big graphs, and saving one table among many. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const sizes = options.size === "full" ? [1_000, 5_000, 10_000] : [1_000];
  const peer = findDataform(options.peers);
  const result: BenchResult = { comparisons: [], targets: [], verified: [], missing: [] };
  if (!peer.found) result.missing.push({ name: dataform, why: peer.why });
  for (const size of sizes) {
    const comparison = await compareReferences(size, peer.found, options.log);
    result.comparisons.push(comparison);
    result.verified.push(
      `${size} tables: every process named exactly the tables that the generator wrote, in every round.`,
    );
    if (peer.found && size !== 10_000) result.targets.push(...referenceTargets(comparison, size));
  }
  await addPriorities(result, options);
  await addSaving(result, options);
  return result;
}

async function compareReferences(
  size: number,
  withPeer: boolean,
  log: (message: string) => void,
): Promise<Comparison> {
  const catalog = generateCatalog(size);
  const directory = mkdtempSync(join(tmpdir(), "maestro-bench-catalog-"));
  const file = join(directory, "catalog.jsonl");
  const lines = catalog.tables.map(({ name, sql }) => `${JSON.stringify({ path: name, sql })}\n`);
  writeFileSync(file, lines.join(""));
  const contestants: Contestant[] = [
    { name: "read and hash the file (limit)", role: "limit", measure: () => hashFile(file) },
    { name: scanner, role: "ours", measure: () => readReferences(file, "scanner", catalog) },
    { name: both, role: "ours", measure: () => readReferences(file, "both", catalog) },
  ];
  const project = withPeer ? writeDataformProject(catalog) : null;
  if (project !== null) {
    const measure = () => compileWithDataform(project, catalog);
    contestants.push({ name: dataform, role: "peer", measure });
  }
  try {
    const title = `References of ${size} tables (whole processes)`;
    return await compare({ title, contestants, baseline: both, log });
  } finally {
    rmSync(directory, { recursive: true });
    if (project !== null) rmSync(project, { recursive: true });
  }
}

async function hashFile(file: string): Promise<Measurement> {
  const startedAt = performance.now();
  createHash("sha256").update(readFileSync(file)).digest();
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, cpuSeconds: null, peakRssBytes: null };
}

/** Runs the process and holds its answers against the truth. */
async function readReferences(
  file: string,
  layer: "both" | "scanner",
  catalog: GeneratedCatalog,
): Promise<Measurement> {
  const args = [reader, file, layer];
  const { stdout, exitCode, ...measured } = await measureCommand(process.execPath, args);
  const expected = catalog.tables.map(({ name, sources }) =>
    JSON.stringify({ path: name, sources }),
  );
  if (exitCode !== 0) throw new Error(`${layer}: exit code ${exitCode}`);
  const answers = stdout.trimEnd().split("\n");
  const wrong = expected.findIndex((line, at) => answers[at] !== line);
  if (wrong >= 0 || answers.length !== expected.length) {
    throw new Error(`${layer}: expected ${expected[wrong]}, got ${answers[wrong]}`);
  }
  return measured;
}

function referenceTargets(comparison: Comparison, size: number): Target[] {
  const find = (name: string) => comparison.contestants.find((each) => each.name === name);
  const ratio = (name: string) =>
    (find(dataform)?.ratio.median ?? 0) / (find(name)?.ratio.median ?? Number.NaN);
  const memory = (name: string) => find(name)?.peakRssBytes?.median ?? Number.NaN;
  const target = (what: string, reach: number, value: number): Target => ({
    what: `${size} tables, ${what}`,
    reach: `≥ ${reach} ×`,
    measured: `${value.toFixed(1)} ×`,
    met: value >= reach,
  });
  return [
    target("both layers faster than Dataform", 4, ratio(both)),
    target("scanner alone faster than Dataform", 20, ratio(scanner)),
    target("Dataform's memory over both layers'", 3, memory(dataform) / memory(both)),
  ];
}

const prioritiesTask = new URL("./priorities.task.ts", import.meta.url);

async function addPriorities(result: BenchResult, options: BenchOptions): Promise<void> {
  const shapes = [
    { shape: "realistic", tables: 100_000, title: "Priorities of 100,000 tables, realistic shape" },
    { shape: "dense", tables: 10_000, title: "Priorities of 10,000 tables in 50 dense levels" },
  ];
  for (const { shape, tables, title } of shapes) {
    const measure = (way: string) => () =>
      measureInChild<number>(prioritiesTask, { shape, tables, way });
    const [ours, naive] = await Promise.all([measure("ours")(), measure("naive")()]);
    if (ours.output !== naive.output) throw new Error(`${title}: the two ways differ`);
    result.verified.push(`${title}: equal to a search from every table.`);
    const contestants: Contestant[] = [{ name: "ours", role: "ours", measure: measure("ours") }];
    if (options.size === "full") {
      const name = "search from every table";
      contestants.push({ name, role: "naive", measure: measure("naive") });
    }
    const comparison = await compare({ title, contestants, baseline: "ours", log: options.log });
    result.comparisons.push(comparison);
    const cpu = comparison.contestants[0]?.cpuSeconds?.median ?? Number.NaN;
    const measured = `${cpu.toFixed(3)} s`;
    result.targets.push({ what: title, reach: "≤ 0.1 s CPU", measured, met: cpu <= 0.1 });
  }
}

async function addSaving(result: BenchResult, options: BenchOptions): Promise<void> {
  const task = new URL("./save-table.task.ts", import.meta.url);
  const title = "Saving one table among 10,000 (references, matching, cycle check; in memory)";
  const measure = async (): Promise<ChildResult<number>> => {
    const saved = await measureInChild<number>(task, 10_000);
    if (saved.output < 1) throw new Error("saving found no parents");
    return saved;
  };
  const contestants: Contestant[] = [{ name: "ours", role: "ours", measure }];
  const comparison = await compare({ title, contestants, baseline: "ours", log: options.log });
  result.comparisons.push(comparison);
  const seconds = comparison.contestants[0]?.seconds.median ?? Number.NaN;
  const measured = `${(seconds * 1000).toFixed(1)} ms`;
  result.targets.push({ what: title, reach: "≤ 50 ms", measured, met: seconds <= 0.05 });
}
