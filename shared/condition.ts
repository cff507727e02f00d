import { z } from "zod";

/**
 * When a table takes part in a run, in the frequency's time zone. Each list is a set of allowed
 * values; an empty list allows all. A table with several conditions takes part if any one holds.
 */
export const conditionSchema = z.object({
  /** 1 to 12. */
  months: z.array(z.int().min(1).max(12)).default([]),
  /** 0 (Sunday) to 6. */
  weekdays: z.array(z.int().min(0).max(6)).default([]),
  /** Days of the month, 1 to 31. */
  days: z.array(z.int().min(1).max(31)).default([]),
  /** 0 to 23. */
  hours: z.array(z.int().min(0).max(23)).default([]),
});

export type Condition = z.infer<typeof conditionSchema>;
