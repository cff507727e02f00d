import { statSync } from "node:fs";
import type { BenchOptions } from "../support/options.ts";
import type { Target } from "../support/report.ts";
import { type Comparison, compare } from "../support/rounds.ts";
import type { Reader } from "./contestants.ts";

/** BENCH.md's: of a room's whole process. */
const mostAboveIdle = 64;
const quietLimitSeconds = 30;

interface Reach {
  name: string;
  /** At least this multiple of the baseline's speed. */
  speed: number;
}

export interface Compared {
  comparison: Comparison;
  targets: Target[];
  /** Bytes that each left, by name, where they are files. */
  bytes: Map<string, number>;
}

/** The first reader is the baseline. Each does its work once and is verified before anything is timed. */
export async function compareReaders(options: {
  title: string;
  readers: Reader[];
  reach: Reach[];
  log: BenchOptions["log"];
}): Promise<Compared> {
  const { title, readers, reach, log } = options;
  const bytes = new Map<string, number>();
  try {
    for (const reader of readers) {
      await reader.measure();
      await reader.verify();
      const sizes = reader
        .paths()
        .map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
      bytes.set(
        reader.name,
        sizes.reduce((sum, size) => sum + size, 0),
      );
      log(`${title}: ${reader.name} verified`);
    }
    const baseline = readers[0]?.name ?? "";
    const comparison = await compare({
      title,
      contestants: readers,
      baseline,
      isWarm: true,
      quietLimitSeconds,
      log,
    });
    const targets = [
      ...reach.map((each) => speedTarget(comparison, each)),
      ...readers.flatMap((reader) => memoryTarget(title, reader)),
    ];
    for (const { what, reach: least, measured } of targets) log(`${what}: ${measured} (${least})`);
    return { comparison, targets, bytes };
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
  }
}

function speedTarget(comparison: Comparison, { name, speed }: Reach): Target {
  const ratio = comparison.contestants.find((each) => each.name === name)?.ratio;
  const times = (value = Number.NaN) => (1 / value).toFixed(2);
  return {
    what: `${comparison.title}: speed of "${name}" against ${comparison.baseline}`,
    reach: `≥ ${speed.toFixed(2)} ×`,
    measured: `${times(ratio?.median)} × (${times(ratio?.max)}–${times(ratio?.min)})`,
    met: 1 / (ratio?.median ?? Number.NaN) >= speed,
  };
}

function memoryTarget(title: string, reader: Reader): Target[] {
  const above = reader.aboveIdleBytes();
  if (above === null || reader.role !== "ours") return [];
  const mebibytes = above / 2 ** 20;
  return [
    {
      what: `${title}: most memory of "${reader.name}" above idle`,
      reach: `≤ ${mostAboveIdle} MiB`,
      measured: `${mebibytes.toFixed(0)} MiB`,
      met: mebibytes <= mostAboveIdle,
    },
  ];
}

export function sizeTarget({ comparison, bytes }: Compared, name: string, most: number): Target {
  const share = (bytes.get(name) ?? Number.NaN) / (bytes.get(comparison.baseline) ?? Number.NaN);
  return {
    what: `${comparison.title}: size of "${name}" against ${comparison.baseline}`,
    reach: `≤ ${most.toFixed(2)} ×`,
    measured: `${share.toFixed(2)} ×`,
    met: share <= most,
  };
}
