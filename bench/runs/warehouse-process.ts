import { startNullWarehouse } from "../../test/support/null-warehouse.ts";
import type { BenchJob } from "./setting.ts";

/*
 * The null warehouse in a process of its own, so that its work is not the engine's. A job lasts as
 * many milliseconds as its table's name says at its end: `orders_d120` for all its jobs,
 * `orders_extract120` for its extract alone; else no time at all.
 */
const warehouse = await startNullWarehouse();
warehouse.durationMs = ({ table, step }) => {
  const [, which, ms] = /_([a-z]+)(\d+)$/.exec(table) ?? [];
  return which === "d" || which === step ? Number(ms) : 0;
};
process.on("message", () => {
  const jobs: BenchJob[] = [...warehouse.jobs.values()].map(
    ({ table, step, insertedAt, doneAt }) => ({ table, step, insertedAt, doneAt }),
  );
  warehouse.jobs.clear();
  warehouse.requests.length = 0;
  process.send?.({ jobs });
});
process.once("disconnect", () => process.exit(0));
process.send?.({ url: warehouse.url });
