import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { runSoak } from "./run-soak.ts";

/*
 * The long proof: `npm run soak [-- --jobs 3000 --kills 100 --stops 5 --outages 1
 * --outage-seconds 60 --seed N --beside test/fixtures/engines/0.1.0.mjs]`.
 * With --beside one of the two daemons is an older version. Prints what it found, and ends with 1 where that is not all right.
 */
const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "3000" },
    kills: { type: "string", default: "100" },
    stops: { type: "string", default: "5" },
    outages: { type: "string", default: "1" },
    "outage-seconds": { type: "string", default: "60" },
    beside: { type: "string" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});
const mostSecondsAfter = 60;

const log = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`);
log(`seed ${values.seed}`);
const startedMs = performance.now();
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopping.abort());
const options = {
  jobs: Number(values.jobs),
  kills: Number(values.kills),
  stops: Number(values.stops),
  outages: Number(values.outages),
  outageSeconds: Number(values["outage-seconds"]),
  ...(values.beside ? { olderEngine: pathToFileURL(values.beside) } : {}),
  seed: Number(values.seed),
  log,
};
const report = await runSoak(options, stopping.signal);
const { faults, directory, ...figures } = report;
const { doubled, lost, disordered } = faults;
const isLate = report.finishedAfterSeconds > mostSecondsAfter;
const isWrong = doubled.length + lost.length + disordered.length > 0;

process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
for (const [what, each] of Object.entries(faults)) {
  process.stdout.write(`${what}: ${each.length}\n`);
  for (const line of each.slice(0, 20)) process.stdout.write(`  ${line}\n`);
}
if (isLate) process.stdout.write(`finished later than ${mostSecondsAfter} s after the last blow\n`);
if (isWrong) process.stdout.write(`log and database are kept in ${directory}\n`);
const verdict = isWrong || isLate ? "FAILED" : "passed";
const seconds = Math.round((performance.now() - startedMs) / 1_000);
process.stdout.write(`${verdict}, seed ${values.seed}, in ${seconds} s\n`);
process.exit(isWrong || isLate ? 1 : 0);
