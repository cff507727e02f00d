import { eq, isNotNull, or, sql } from "drizzle-orm";
import { notificationSecrets } from "../../../drizzle/schema/notifications.ts";
import { settings } from "../../../drizzle/schema/settings.ts";
import { databases } from "../../../drizzle/schema/tables.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { notifyAtCommit } from "../../db/changes.ts";
import type { Db } from "../../db/client.ts";
import type { SecretBox } from "../../support/crypto.ts";
import { recordChange } from "../audit/record-change.ts";
import { passwordRow, tlsKeyRow } from "../databases/database-address.ts";
import { notificationSecretRow } from "../notifications/notification-secret-row.ts";
import { settingRow } from "../settings/setting-row.ts";
import { instanceKey, opens } from "./open-instance.ts";

/**
 * Seals everything that is stored encrypted under `to` instead of `from`, in one transaction: killed
 * anywhere, either all of it is under the old secret or all under the new one. What `to` opens
 * already is left as it is, so that it can be run again. Processes that run are told, and end.
 *
 * @returns how many secrets were sealed anew
 * @throws `configuration` where neither of the two opens this installation
 */
export function rotateSecret(db: Db, from: SecretBox, to: SecretBox): Promise<number> {
  return db.transaction(async (tx) => {
    // Whoever stores a secret takes them in this order, and looks at the instance's row before.
    await tx.execute(
      sql`lock table ${databases}, ${notificationSecrets}, ${settings} in exclusive mode`,
    );
    const [instance] = await tx.select().from(settings).where(eq(settings.key, instanceKey));
    if (!instance?.secret) {
      throw new MaestroError("configuration", "this database holds no Maestro: start it once");
    }
    if (opens(to, instance.secret)) return 0;
    if (!opens(from, instance.secret)) {
      throw new MaestroError(
        "configuration",
        "the secret given is not the one that this database was made with: give that one (-secret or -secretpath)",
      );
    }
    const reseal = (sealed: Buffer, row: string) => to.seal(from.open(sealed, row), row);
    const resealed =
      (await resealSettings(tx, reseal)) +
      (await resealDatabases(tx, reseal)) +
      (await resealNotifications(tx, reseal));
    await recordChange(
      tx,
      { userId: null, name: "rotate-secret" },
      { action: "secret.rotate", subjectKind: "instance", subjectId: null, detail: { resealed } },
    );
    await notifyAtCommit(tx, { noun: "setting", id: null });
    return resealed;
  });
}

type Reseal = (sealed: Buffer, row: string) => Buffer;

async function resealSettings(tx: Db, reseal: Reseal): Promise<number> {
  const rows = await tx.select().from(settings).where(isNotNull(settings.secret));
  for (const { key, secret } of rows) {
    if (!secret) continue;
    await tx
      .update(settings)
      .set({ secret: reseal(secret, settingRow(key)) })
      .where(eq(settings.key, key));
  }
  return rows.length;
}

async function resealDatabases(tx: Db, reseal: Reseal): Promise<number> {
  const rows = await tx
    .select({ id: databases.id, password: databases.password, tlsKey: databases.tlsKey })
    .from(databases)
    .where(or(isNotNull(databases.password), isNotNull(databases.tlsKey)));
  let resealed = 0;
  for (const { id, password, tlsKey } of rows) {
    await tx
      .update(databases)
      .set({
        password: password && reseal(password, passwordRow(id)),
        tlsKey: tlsKey && reseal(tlsKey, tlsKeyRow(id)),
      })
      .where(eq(databases.id, id));
    resealed += Number(password !== null) + Number(tlsKey !== null);
  }
  return resealed;
}

async function resealNotifications(tx: Db, reseal: Reseal): Promise<number> {
  const rows = await tx.select().from(notificationSecrets);
  for (const { tableId, secret } of rows) {
    await tx
      .update(notificationSecrets)
      .set({ secret: reseal(secret, notificationSecretRow(tableId)) })
      .where(eq(notificationSecrets.tableId, tableId));
  }
  return rows.length;
}
