import { parseArgs } from "node:util";
import { seededRandom } from "../../../bench/support/statistics.ts";
import { runFleet } from "./run-fleet.ts";

/**
 * `npm run soak -- --rooms`: prints what was done and found; answers the exit code, 1 where that is not
 * all right.
 */
export async function soakRooms(): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      rooms: { type: "boolean" },
      fleet: { ...text, default: "50" },
      "minute-seconds": { ...text, default: "60" },
      seed: { ...text, default: String(Math.floor(Math.random() * 1_000_000)) },
    },
  });
  const [rooms = 0, minuteSeconds = 0, seed = 0] = [
    values.fleet,
    values["minute-seconds"],
    values.seed,
  ].map(Number);
  if (!(rooms >= 10 && minuteSeconds >= 10 && Number.isInteger(seed))) {
    process.stderr.write(
      "--fleet and --minute-seconds are whole numbers from 10, --seed is a whole number\n",
    );
    return 2;
  }
  const log = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`);
  log(`seed ${seed}`);
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopping.abort());
  const options = { rooms, minuteSeconds, random: seededRandom(seed), log };
  const { faults, directory, ...figures } = await runFleet(options, stopping.signal);
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  for (const [what, each] of Object.entries(faults)) {
    process.stdout.write(`${what}: ${each.length}\n`);
    for (const line of each.slice(0, 20)) process.stdout.write(`  ${line}\n`);
  }
  const isWrong = Object.values(faults).some((each) => each.length > 0);
  if (isWrong) process.stdout.write(`logs and databases are kept in ${directory}\n`);
  process.stdout.write(`${isWrong ? "FAILED" : "passed"}, seed ${seed}\n`);
  return isWrong ? 1 : 0;
}
