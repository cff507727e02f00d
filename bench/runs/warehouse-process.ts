import { startNullWarehouse } from "../../test/support/null-warehouse.ts";

/*
 * The null warehouse in a process of its own, so that its work is not the engine's. A job lasts as
 * many milliseconds as its table's name says at its end (`orders_d120`), else no time at all.
 */
const warehouse = await startNullWarehouse();
warehouse.durationMs = (job) => Number(/_d(\d+)$/.exec(job.table)?.[1] ?? 0);
process.on("message", () => {
  const jobs = [...warehouse.jobs.values()].map(({ table, insertedAt, doneAt }) => ({
    table,
    insertedAt,
    doneAt,
  }));
  warehouse.jobs.clear();
  warehouse.requests.length = 0;
  process.send?.({ jobs });
});
process.send?.({ url: warehouse.url });
