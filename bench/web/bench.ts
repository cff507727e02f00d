import { existsSync } from "node:fs";
import type { Page } from "playwright-core";
import type { BenchOptions } from "../support/options.ts";
import { noisyCores, waitForQuiet, watchForeignLoad } from "../support/quiet.ts";
import type { BenchResult, Observation, Target } from "../support/report.ts";
import { spreadOf } from "../support/statistics.ts";
import { type FirstLoad, loadFirst } from "./first-load.ts";
import { type Frames, type Movement, moveGraph, movements } from "./frames.ts";
import { type Visit, visitTables } from "./interactions.ts";
import { chromiumPath, graphSize, openSetting, type Setting, tableCount } from "./setting.ts";

const roundsOf = { small: 5, full: 20 };
const mostScriptBytes = 250 * 1024;
const mostInteractionMs = 100;
const leastFrames = 55;

const pages: [name: string, path: string, ready: (page: Page) => Promise<void>][] = [
  ["home", "/", (page) => page.getByRole("heading", { level: 1 }).waitFor()],
  ["all tables", "/tables", (page) => page.getByText("10,000 tables").waitFor()],
  ["a table, with its editor", "/tables/1", (page) => page.locator(".cm-line").first().waitFor()],
];

interface Measured {
  loads: FirstLoad[][];
  visits: Visit[];
  moves: Record<Movement, Frames>[];
  noisy: number;
}

/** The production build in real Chromium, served by the real program over 10,000 tables. */
export async function run({ size, log }: BenchOptions): Promise<BenchResult> {
  const result: BenchResult = {
    comparisons: [],
    observations: [],
    targets: [],
    verified: [
      `the list told ${tableCount} tables, and 11 of them for a search that 11 match, before and while it was timed`,
      `the graph was laid out with all ${graphSize} tables before it was moved`,
    ],
    missing: [],
  };
  if (!existsSync(chromiumPath)) {
    result.missing.push({ name: "Chromium", why: `${chromiumPath} is not there` });
    return { ...result, verified: [] };
  }
  const setting = await openSetting(log);
  try {
    const measured = await measure(setting, roundsOf[size], log);
    result.observations?.push(...observe(measured));
    result.targets.push(...targetsOf(measured));
  } finally {
    await setting.close();
  }
  return result;
}

async function measure(
  setting: Setting,
  rounds: number,
  log: BenchOptions["log"],
): Promise<Measured> {
  const measured: Measured = { loads: pages.map(() => []), visits: [], moves: [], noisy: 0 };
  // The first warms the server and the disk's cache, and does not count.
  await measureRound(setting, { ...measured, loads: pages.map(() => []), visits: [], moves: [] });
  for (let round = 0; round < rounds; round += 1) {
    await waitForQuiet(5);
    const foreignLoad = watchForeignLoad();
    await measureRound(setting, measured);
    measured.noisy += foreignLoad() > noisyCores ? 1 : 0;
    log(`round ${round + 1} of ${rounds}`);
  }
  return measured;
}

async function measureRound(setting: Setting, measured: Measured): Promise<void> {
  for (const [index, [, path, ready]] of pages.entries()) {
    measured.loads[index]?.push(await loadFirst(setting, path, ready));
  }
  measured.visits.push(await visitTables(setting));
  measured.moves.push(await moveGraph(setting));
}

function observe({ loads, visits, moves, noisy }: Measured): Observation[] {
  const note = `${visits.length} rounds, ${noisy} of them noisy; median (min–max).`;
  return [
    {
      title: "First load, nothing in the cache",
      note: `Compressed, as it comes over the network. ${note}`,
      columns: ["page", "JavaScript KiB", "files", "styles KiB", "fonts KiB", "interactive ms"],
      rows: pages.map(([name], index) => loadRow(name, loads[index] ?? [])),
    },
    {
      title: `From an interaction to the next paint, among ${tableCount} tables`,
      note: `The longest of its kind in a visit; what takes less than a frame counts as one, 16 ms. ${note}`,
      columns: ["", "ms"],
      rows: Object.keys(visits[0] ?? {}).map((what) => [
        what,
        cells(
          visits.map((visit) => visit[what] ?? Number.NaN),
          0,
        ),
      ]),
    },
    {
      title: `Frames of the graph of a run of ${graphSize} tables`,
      note: `The screen draws 60 a second at most. ${note}`,
      columns: ["", "frames a second", "longest between two, ms"],
      rows: movements.map((movement) => [
        movement,
        cells(
          moves.map((move) => move[movement].perSecond),
          1,
        ),
        cells(
          moves.map((move) => move[movement].longestMs),
          0,
        ),
      ]),
    },
  ];
}

function loadRow(name: string, loads: FirstLoad[]): string[] {
  const kibibytes = (of: (load: FirstLoad) => number) =>
    cells(
      loads.map((load) => of(load) / 1024),
      1,
    );
  return [
    name,
    kibibytes(({ scriptBytes }) => scriptBytes),
    cells(
      loads.map(({ scripts }) => scripts),
      0,
    ),
    kibibytes(({ styleBytes }) => styleBytes),
    kibibytes(({ fontBytes }) => fontBytes),
    cells(
      loads.map(({ interactiveMs }) => interactiveMs),
      0,
    ),
  ];
}

function cells(values: number[], digits: number): string {
  const { median, min, max } = spreadOf(values);
  const [middle, least, most] = [median, min, max].map((value) => value.toFixed(digits));
  return least === most ? `${middle}` : `${middle} (${least}–${most})`;
}

function targetsOf({ loads, visits, moves }: Measured): Target[] {
  const beforeEditor = loads.slice(0, 2).flat();
  const scriptBytes = Math.max(...beforeEditor.map((load) => load.scriptBytes));
  const worst = spreadOf(visits.map((visit) => Math.max(...Object.values(visit))));
  const slowest = Math.min(
    ...movements.map((movement) => spreadOf(moves.map((m) => m[movement].perSecond)).median),
  );
  return [
    {
      what: "JavaScript of a first load before the editor is needed",
      reach: `≤ ${mostScriptBytes / 1024} KiB`,
      measured: `${(scriptBytes / 1024).toFixed(1)} KiB`,
      met: scriptBytes <= mostScriptBytes,
    },
    {
      what: `the longest interaction of a visit to ${tableCount} tables`,
      reach: `≤ ${mostInteractionMs} ms`,
      measured: `${worst.median.toFixed(0)} ms`,
      met: worst.median <= mostInteractionMs,
    },
    {
      what: `frames of the graph of ${graphSize} tables, in its slowest movement`,
      reach: `≥ ${leastFrames} a second`,
      measured: slowest.toFixed(1),
      met: slowest >= leastFrames,
    },
  ];
}
