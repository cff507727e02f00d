import { whole } from "./config-variable.ts";

/** What the queries of the local warehouse may take. */
export const warehouseVariables = {
  warehouseMemoryMb: whole({
    variable: "WAREHOUSE_MEMORY_MB",
    default: 0,
    min: 0,
    max: 2 ** 24,
    effect:
      "MiB of memory that the queries of the local warehouse may take together; 0: four tenths of the machine's, 512 at least",
  }),
  warehouseSpillMb: whole({
    variable: "WAREHOUSE_SPILL_MB",
    default: 0,
    min: 0,
    max: 2 ** 30,
    effect:
      "MiB of disk for what their memory does not hold; 0: half of what is free when the local cloud starts",
  }),
  warehouseJobSeconds: whole({
    variable: "WAREHOUSE_JOB_SECONDS",
    default: 3600,
    min: 1,
    max: 2_000_000,
    effect: "seconds that a job of the local warehouse may run",
  }),
};
