import { and, eq, sql } from "drizzle-orm";
import { frequencies } from "../../drizzle/schema/frequencies.ts";
import { slackMessages } from "../../drizzle/schema/slack.ts";
import { datasets, tables } from "../../drizzle/schema/tables.ts";
import { groups, users } from "../../drizzle/schema/users.ts";
import type { NotificationForSlack, SlackPlace } from "../../shared/slack.ts";
import type { Db } from "./client.ts";
import { frequencyChannel } from "./slack-runs.ts";

export async function selectUserForSlack(db: Db, id: number) {
  const [row] = await db
    .select({ email: users.email, name: users.name, disabled: users.disabled })
    .from(users)
    .where(eq(users.id, id));
  return row ?? null;
}

export async function selectFrequencyForSlack(db: Db, id: number) {
  const { rows } = await db.execute<{ name: string; channel: string | null }>(sql`
    select f.name, ${frequencyChannel} as channel from frequencies f where f.id = ${id}`);
  return rows[0] ?? null;
}

export async function selectTableForSlack(db: Db, id: number) {
  const [row] = await db
    .select({
      dataset: datasets.name,
      name: tables.name,
      channel: sql<string | null>`coalesce(${frequencies.slackChannel}, ${groups.slackChannel})`,
    })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .leftJoin(frequencies, eq(frequencies.id, tables.frequencyId))
    .leftJoin(groups, eq(groups.id, tables.groupId))
    .where(eq(tables.id, id));
  return row ?? null;
}

/** Null where it was sent again meanwhile, or is gone. */
export async function selectNotificationForSlack(
  db: Db,
  id: number,
): Promise<NotificationForSlack | null> {
  const { rows } = await db.execute<NotificationForSlack & Record<string, unknown>>(sql`
    select n.table_id::float8 as "tableId", d.name || '.' || t.name as table,
      coalesce(n.host, '') as host, n.attempt_count as attempts,
      n.attempts -> -1 ->> 'error' as error, coalesce(f.slack_channel, g.slack_channel) as channel
    from notifications n join tables t on t.id = n.table_id join datasets d on d.id = t.dataset_id
    left join frequencies f on f.id = t.frequency_id left join groups g on g.id = t.group_id
    where n.id = ${id} and n.state = 'failed'`);
  return rows[0] ?? null;
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

/** The channels in which anything about it was ever said. */
export async function selectChannelsOf(db: Db, subject: string): Promise<string[]> {
  const rows = await db
    .select({ channel: slackMessages.channel })
    .from(slackMessages)
    .where(eq(slackMessages.subject, subject))
    .orderBy(slackMessages.channel);
  return rows.map(({ channel }) => channel);
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
