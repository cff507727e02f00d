import { writeFileSync } from "node:fs";
import { plotDay } from "./plot-day.ts";
import { simulateDay } from "./simulated-day.ts";

/** `node bench/rooms/plot-day-main.ts` writes the plot of docs/rooms.md. */
const day = simulateDay();
writeFileSync(new URL("../../docs/images/rooms-day.svg", import.meta.url), plotDay(day));
const highest = Math.max(...day.moments.map(({ available }) => available));
process.stdout.write(
  `${day.decisions.length} decisions, at most ${highest} rooms, ${day.unmetPerCent.toFixed(2)} % of what was wanted not there\n`,
);
