import { parkedSteps } from "../../shared/table-run-step.ts";

/** The parked steps as an array in SQL. */
export const parkedList = `'{${parkedSteps.join(",")}}'::text[]`;
