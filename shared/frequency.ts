import { z } from "zod";
import type { MissedTicks, RunState } from "./run.ts";
import { slackChannelSchema } from "./slack.ts";
import { keptText } from "./text.ts";
import { isTimeZone } from "./time-zone.ts";

/** 366 days: a year from leap day to leap day. */
const longestSeconds = 366 * 86_400;

export const frequencyInputSchema = z.object({
  name: keptText().trim().min(1, "a frequency needs a name").max(100),
  /** Seconds between ticks, at least 1. */
  periodSeconds: seconds("a period", 1),
  /** Seconds after the truncated instant; negative moves it before. */
  offsetSeconds: seconds("an offset", -longestSeconds).default(0),
  /** IANA zone; day-multiples then follow its wall clock. Null is UTC. */
  timeZone: z
    .string()
    .refine(isTimeZone, {
      error: ({ input }) =>
        `${String(input)} is no IANA time zone: try Europe/Berlin, or leave it empty for UTC`,
    })
    .nullable()
    .default(null),
  active: z.boolean().default(true),
  /** Seconds that its tables wait for parents of other frequencies; null is one period. Absent: as it was. */
  parentWaitSeconds: seconds("the wait for parents", 1).nullable().optional(),
  /**
   * Seconds after its tick from which a run that has not ended is late, for Slack; null: twice as long as
   * such runs take, and at its next tick at the latest. Absent: as it was.
   */
  lateAfterSeconds: seconds("how late a run may end", 1).nullable().optional(),
  /** Where Slack is told of its runs; null is the channel of the group or of the settings. Absent: as it was. */
  slackChannel: slackChannelSchema.nullable().optional(),
});

export type FrequencyInput = z.infer<typeof frequencyInputSchema>;

/** A frequency as shown, with its next three ticks (ISO instants) and the number of its tables. */
export interface FrequencyView extends FrequencyInput {
  id: number;
  nextTicks: string[];
  tableCount: number;
  /** Null before its first. */
  lastRun: { id: number; state: RunState; createdAt: string } | null;
  /** The newest that is recorded, with how its run fares; null before its first. */
  lastTick: LastTick | null;
  /** Of a tick, or started by hand: no other run of the frequency begins before its end. */
  unfinishedRun: { id: number; createdAt: string } | null;
  /** Why no run can be made of its tick, and since when; it is tried again every second. */
  trouble: { text: string; since: string } | null;
}

export interface LastTick {
  /** ISO instant. */
  tickAt: string;
  runId: number;
  state: RunState;
  reason: string | null;
  missed: MissedTicks | null;
}

/** The next ticks of a schedule; with conditions, those in which a table with them takes part. */
export interface TickPreview {
  nextTicks: string[];
  /** Where fewer than five were found: the instant up to which they were looked for. */
  searchedUntil: string | null;
}

function seconds(what: string, from: number) {
  const range = `${what} is a whole number of seconds from ${from} to ${longestSeconds} (366 days)`;
  const error = ({ input }: { input?: unknown }) =>
    input === undefined
      ? `${range}: none was given`
      : `${range}, and ${typeof input === "string" ? `"${input}"` : String(input)} is not`;
  return z.int({ error }).min(from, { error }).max(longestSeconds, { error });
}
