import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import type { Comparison, ContestantResult } from "./rounds.ts";
import type { Spread } from "./statistics.ts";

/** A figure that a bench must reach, and what was measured. */
export interface Target {
  what: string;
  reach: string;
  measured: string;
  met: boolean;
}

/** Figures that are no comparison: a table, as it is shown. */
export interface Observation {
  title: string;
  note: string;
  columns: string[];
  rows: string[][];
}

/** What a bench answers. */
export interface BenchResult {
  comparisons: Comparison[];
  observations?: Observation[];
  targets: Target[];
  /** What was proved right before anything was timed, in sentences. */
  verified: string[];
  /** Peers and servers that were not there, and why. */
  missing: { name: string; why: string }[];
}

export interface BenchReport extends BenchResult {
  bench: string;
  size: string;
  at: string;
  machine: { cpu: string; cores: number; memoryBytes: number; node: string; platform: string };
}

export function makeReport(bench: string, size: string, result: BenchResult): BenchReport {
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    platform: process.platform,
  };
  return { bench, size, at: new Date().toISOString(), machine, ...result };
}

/** Writes `<bench>-<size>.json` and `.md`; answers the Markdown. */
export function writeReport(report: BenchReport): string {
  const directory = new URL("../results/", import.meta.url);
  mkdirSync(directory, { recursive: true });
  const markdown = renderMarkdown(report);
  const stem = `${report.bench}-${report.size}`;
  writeFileSync(new URL(`${stem}.json`, directory), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(new URL(`${stem}.md`, directory), markdown);
  return markdown;
}

export function renderMarkdown(report: BenchReport): string {
  const { machine } = report;
  const sections = [
    `# ${report.bench} (${report.size})`,
    `${report.at}, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}. Ratios are of time within one round: below 1 is faster than the baseline.`,
    report.verified.map((sentence) => `- ${sentence}`).join("\n"),
    ...report.comparisons.map(renderComparison),
    ...(report.observations ?? []).map(renderObservation),
    renderTargets(report.targets),
    report.missing.map(({ name, why }) => `Missing: ${name} (${why}).`).join("\n"),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function renderComparison(comparison: Comparison): string {
  const noise = comparison.noisyRounds > 0 ? `, ${comparison.noisyRounds} of them noisy` : "";
  const others = comparison.otherBaselines.map((name) => `ratio to ${name}`);
  const lines = [
    `## ${comparison.title}`,
    "",
    `${comparison.rounds} rounds${noise}, ${comparison.droppedRounds} dropped for noise; baseline: ${comparison.baseline}.`,
    "",
    ...header(["", "role", "seconds (min–max)", "CPU s", "peak MiB", "ratio (min–max)", ...others]),
    ...comparison.contestants.map(renderContestant),
  ];
  return lines.join("\n");
}

function renderContestant(result: ContestantResult): string {
  const mebibytes = result.peakRssBytes ? (result.peakRssBytes.median / 2 ** 20).toFixed(0) : "–";
  return row([
    result.name,
    result.role,
    spread(result.seconds),
    result.cpuSeconds ? significant(result.cpuSeconds.median) : "–",
    mebibytes,
    spread(result.ratio),
    ...result.otherRatios.map(spread),
  ]);
}

function renderObservation({ title, note, columns, rows }: Observation): string {
  return [`## ${title}`, "", note, "", ...header(columns), ...rows.map(row)].join("\n");
}

function header(columns: string[]): string[] {
  return [row(columns), `|${"---|".repeat(columns.length)}`];
}

function row(cells: string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function renderTargets(targets: Target[]): string {
  if (targets.length === 0) return "";
  const rows = targets.map(({ what, reach, measured, met }) =>
    row([what, reach, measured, met ? "yes" : "NO"]),
  );
  return ["## Targets", "", ...header(["", "reach", "measured", "met"]), ...rows].join("\n");
}

function spread({ median, min, max }: Spread): string {
  return `${significant(median)} (${significant(min)}–${significant(max)})`;
}

function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}
