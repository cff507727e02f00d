import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { messageOf } from "../../shared/errors.ts";
import { soakRooms } from "./fleet/soak-rooms.ts";
import { runSoak } from "./run-soak.ts";

/*
 * The long proof. Prints what it does and what it found, and ends with 1 where that is not all right.
 * With `--beside` one of the two daemons is of an older version.
 * With `--transfers` imports and exports are struck instead, twenty times at each place; with
 * `--mutations` the local warehouse is asked 20,000 spoilt queries; with `--rooms` a fleet of room
 * processes is struck for five minutes (fleet/run-fleet.ts).
 */
const usage = `npm run soak -- [--jobs 3000] [--kills 100] [--stops 5] [--outages 1] [--outage-seconds 60]
  [--cancels 10] [--seed N] [--beside test/fixtures/engines/0.1.0.mjs]
npm run soak -- --transfers
npm run soak -- --rooms [--fleet 50] [--minute-seconds 60] [--seed N]
npm run soak -- --mutations`;
const mostSecondsAfter = 60;

if (process.argv.includes("--transfers")) process.exit(soakTests("test/flows/transfers"));
if (process.argv.includes("--rooms")) process.exit(await soakRooms());
if (process.argv.includes("--mutations")) process.exit(soakTests("survives-mutations"));

const log = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`);
const options = { ...readOptions(), log };
log(`seed ${options.seed}`);
const startedMs = performance.now();
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopping.abort());
const report = await runSoak(options, stopping.signal);
const { faults, deaths, directory, ...figures } = report;
const { doubled, lost, disordered } = faults;
const isLate = report.finishedAfterSeconds > mostSecondsAfter;
const isShort =
  report.jobs < options.jobs ||
  report.kills < options.kills ||
  report.stops < options.stops ||
  report.cancels < options.cancels;
const isWrong = doubled.length + lost.length + disordered.length + deaths.length > 0;

process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
for (const [what, each] of Object.entries(faults)) {
  process.stdout.write(`${what}: ${each.length}\n`);
  for (const line of each.slice(0, 20)) process.stdout.write(`  ${line}\n`);
}
for (const death of deaths) process.stdout.write(`a daemon ended by itself: ${death}\n`);
if (isLate) process.stdout.write(`finished later than ${mostSecondsAfter} s after the last blow\n`);
if (isShort) process.stdout.write("stopped before all was done\n");
if (isWrong) process.stdout.write(`log and database are kept in ${directory}\n`);
const hasFailed = isWrong || isLate || isShort;
const verdict = hasFailed ? "FAILED" : "passed";
const seconds = Math.round((performance.now() - startedMs) / 1_000);
process.stdout.write(`${verdict}, seed ${options.seed}, in ${seconds} s\n`);
process.exit(hasFailed ? 1 : 0);

/** The exit code of tests that come in rounds. */
function soakTests(files: string): number {
  const config = "vitest.soak.config.ts";
  const arguments_ = ["node_modules/vitest/vitest.mjs", "run", "--config", config, files];
  return spawnSync(process.execPath, arguments_, { stdio: "inherit" }).status ?? 1;
}

/** Ends with 2 where an argument is wrong. */
function readOptions() {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({
      options: {
        jobs: { ...text, default: "3000" },
        kills: { ...text, default: "100" },
        stops: { ...text, default: "5" },
        outages: { ...text, default: "1" },
        cancels: { ...text, default: "10" },
        "outage-seconds": { ...text, default: "60" },
        seed: { ...text, default: String(Math.floor(Math.random() * 1_000_000)) },
        beside: text,
      },
    });
    const { beside } = values;
    if (beside !== undefined && !existsSync(beside)) throw new Error(`there is no file ${beside}`);
    const outages = wholeNumber("outages", values.outages, 0);
    return {
      jobs: wholeNumber("jobs", values.jobs, 1),
      // In each outage a daemon is killed.
      kills: wholeNumber("kills", values.kills, outages),
      stops: wholeNumber("stops", values.stops, 0),
      outages,
      outageSeconds: wholeNumber("outage-seconds", values["outage-seconds"], 1),
      cancels: wholeNumber("cancels", values.cancels, 0),
      seed: wholeNumber("seed", values.seed, 0),
      ...(beside === undefined ? {} : { olderEngine: pathToFileURL(beside) }),
    };
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nusage: ${usage}\n`);
    return process.exit(2);
  }
}

function wholeNumber(name: string, value: string, least: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least) {
    throw new Error(`--${name} ${value}: a whole number from ${least}`);
  }
  return number;
}
