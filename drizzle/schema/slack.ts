import { pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { createdAt } from "./columns.ts";

/** What stands in Slack, so that it is changed there instead of said again. */
export const slackMessages = pgTable(
  "slack_messages",
  {
    /** What it is about, such as `run:7`. */
    subject: text().notNull(),
    /** As it was named to Slack. */
    channel: text().notNull(),
    /** Slack's own names of the channel and the message. */
    postedChannel: text().notNull(),
    ts: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.subject, t.channel] })],
);
