import { eq } from "drizzle-orm";
import { notificationSecrets } from "../../drizzle/schema/notifications.ts";
import type { Db } from "./client.ts";

export async function selectNotificationSecret(db: Db, tableId: number): Promise<Buffer | null> {
  const [row] = await db
    .select({ secret: notificationSecrets.secret })
    .from(notificationSecrets)
    .where(eq(notificationSecrets.tableId, tableId));
  return row?.secret ?? null;
}

/** The one that was there where there is one, and it is not to be replaced. */
export async function storeNotificationSecret(
  tx: Db,
  { tableId, secret, replace }: { tableId: number; secret: Buffer; replace: boolean },
): Promise<Buffer> {
  const insert = tx.insert(notificationSecrets).values({ tableId, secret });
  const { tableId: target } = notificationSecrets;
  await (replace
    ? insert.onConflictDoUpdate({ target, set: { secret } })
    : insert.onConflictDoNothing());
  return (await selectNotificationSecret(tx, tableId)) ?? secret;
}
