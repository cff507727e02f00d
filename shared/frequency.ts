import { z } from "zod";
import { keptText } from "./text.ts";

export const frequencyInputSchema = z.object({
  name: keptText().trim().min(1, "a frequency needs a name").max(100),
  /** Seconds between ticks, at least 1. */
  periodSeconds: z
    .int()
    .min(1, "the period is at least one second")
    .max(366 * 86_400),
  /** Seconds after the truncated instant; negative moves it before. */
  offsetSeconds: z
    .int()
    .min(-366 * 86_400)
    .max(366 * 86_400)
    .default(0),
  /** IANA zone; day-multiples then follow its wall clock. Null is UTC. */
  timeZone: z
    .string()
    .refine(isTimeZone, "not an IANA time zone; try Europe/Berlin or leave it empty for UTC")
    .nullable()
    .default(null),
  active: z.boolean().default(true),
  /** Seconds that its tables wait for parents of other frequencies; null is one period. Absent: as it was. */
  parentWaitSeconds: z
    .int()
    .min(1)
    .max(366 * 86_400)
    .nullable()
    .optional(),
});

export type FrequencyInput = z.infer<typeof frequencyInputSchema>;

/** A frequency as shown, with its next three ticks (ISO instants) and the number of its tables. */
export interface FrequencyView extends FrequencyInput {
  id: number;
  nextTicks: string[];
  tableCount: number;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
