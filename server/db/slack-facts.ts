import { and, eq } from "drizzle-orm";
import { frequencies } from "../../drizzle/schema/frequencies.ts";
import { slackMessages } from "../../drizzle/schema/slack.ts";
import { datasets, tables } from "../../drizzle/schema/tables.ts";
import { users } from "../../drizzle/schema/users.ts";
import type { SlackPlace } from "../../shared/slack.ts";
import type { Db } from "./client.ts";

export async function selectUserForSlack(db: Db, id: number) {
  const [row] = await db
    .select({ email: users.email, name: users.name, disabled: users.disabled })
    .from(users)
    .where(eq(users.id, id));
  return row ?? null;
}

export async function selectFrequencyForSlack(db: Db, id: number) {
  const [row] = await db
    .select({ name: frequencies.name, channel: frequencies.slackChannel })
    .from(frequencies)
    .where(eq(frequencies.id, id));
  return row ?? null;
}

export async function selectTableForSlack(db: Db, id: number) {
  const [row] = await db
    .select({ dataset: datasets.name, name: tables.name, channel: frequencies.slackChannel })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .leftJoin(frequencies, eq(frequencies.id, tables.frequencyId))
    .where(eq(tables.id, id));
  return row ?? null;
}

export async function selectSlackPlace(
  db: Db,
  subject: string,
  channel: string,
): Promise<SlackPlace | null> {
  const [row] = await db
    .select({ channel: slackMessages.postedChannel, ts: slackMessages.ts })
    .from(slackMessages)
    .where(and(eq(slackMessages.subject, subject), eq(slackMessages.channel, channel)));
  return row ?? null;
}

/** Whether anything about it was ever said. */
export async function isKnownToSlack(db: Db, subject: string): Promise<boolean> {
  return (await db.$count(slackMessages, eq(slackMessages.subject, subject))) > 0;
}

export async function storeSlackPlace(
  db: Db,
  key: { subject: string; channel: string },
  { channel: postedChannel, ts }: SlackPlace,
): Promise<void> {
  await db
    .insert(slackMessages)
    .values({ ...key, postedChannel, ts })
    .onConflictDoUpdate({
      target: [slackMessages.subject, slackMessages.channel],
      set: { postedChannel, ts },
    });
}
