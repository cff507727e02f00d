import { z } from "zod";
import { runStates } from "./run.ts";
import { keptText } from "./text.ts";

const instant = z.iso.datetime({
  offset: true,
  error: "an instant as 2026-03-01T06:00:00Z",
});

/** Which runs to show; what is absent is not asked for. */
export const runFilterSchema = z.object({
  frequencyId: z.int().positive().optional(),
  state: z.enum(runStates).optional(),
  /** By a tick, or by hand. */
  kind: z.enum(["tick", "manual"]).optional(),
  /** Part of the address of who started it, whatever its case. */
  startedBy: keptText().trim().max(200).optional(),
  /** `dataset.name` of a table that takes part. */
  table: keptText()
    .trim()
    .max(2100)
    .regex(/^[^.]+\../, "a table as dataset.name")
    .optional(),
  /** Started from this instant on. */
  from: instant.optional(),
  /** Started up to this instant, without it. */
  to: instant.optional(),
});
export type RunFilter = z.infer<typeof runFilterSchema>;
