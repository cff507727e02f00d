import { sql } from "drizzle-orm";
import { boolean, check, integer, pgTable, text } from "drizzle-orm/pg-core";
import { createdAt, id, instant } from "./columns.ts";

export const frequencies = pgTable(
  "frequencies",
  {
    id: id(),
    name: text().notNull().unique(),
    periodSeconds: integer().notNull(),
    offsetSeconds: integer().notNull().default(0),
    timeZone: text(),
    active: boolean().notNull().default(true),
    /** Seconds that its table runs wait for ticks of other frequencies; null is one period. */
    parentWaitSeconds: integer(),
    /** Ticks before it are no missed ticks: set when the schedule changes or is switched on. */
    effectiveFrom: instant().notNull().defaultNow(),
    /** The newest tick that made no run for want of tables: one put on it later makes up for none. */
    emptyTickAt: instant(),
    /** Why no run can be made of its tick, and since when; null where nothing is wrong. */
    trouble: text(),
    troubleSince: instant(),
    /** Seconds after its tick from which a run that has not ended is late; null is as it usually is. */
    lateAfterSeconds: integer(),
    /** Where Slack is told of its runs; null is the channel of the group or of the settings. */
    slackChannel: text(),
    createdAt: createdAt(),
  },
  (t) => [check("frequencies_period", sql`${t.periodSeconds} > 0`)],
);
