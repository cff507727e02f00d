import { randomBytes } from "node:crypto";
import { MaestroError } from "../../../shared/errors.ts";
import {
  selectNotificationSecret,
  storeNotificationSecret,
} from "../../db/notification-secrets.ts";
import { selectTable } from "../../db/tables.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { requireCurrentSecret } from "../instance/open-instance.ts";
import { notificationSecretRow } from "./notification-secret-row.ts";

type SecretDeps = Pick<Deps, "db" | "secretBox">;

/** What the notifications of a table are signed with; made by whoever needs it first. */
export async function notificationSecret(deps: SecretDeps, tableId: number): Promise<string> {
  const sealed = await selectNotificationSecret(deps.db, tableId);
  const row = notificationSecretRow(tableId);
  return sealed ? deps.secretBox.open(sealed, row) : makeSecret(deps, tableId, { replace: false });
}

/** Shows it to who may write the table; `renew` makes another, which holds from the next attempt on. */
export async function showNotificationSecret(
  deps: SecretDeps,
  { id, renew }: { id: number; renew: boolean },
  actor: Actor,
): Promise<{ secret: string }> {
  const found = await selectTable(deps.db, id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  await recordChange(deps.db, actor, {
    action: renew ? "table.notificationSecretRenew" : "table.notificationSecretShow",
    subjectKind: "table",
    subjectId: id,
    detail: { name: `${found.dataset}.${found.row.name}` },
  });
  const secret = renew
    ? await makeSecret(deps, id, { replace: true })
    : await notificationSecret(deps, id);
  return { secret };
}

function makeSecret(
  { db, secretBox }: SecretDeps,
  tableId: number,
  { replace }: { replace: boolean },
): Promise<string> {
  const row = notificationSecretRow(tableId);
  return db.transaction(async (tx) => {
    await requireCurrentSecret(tx, secretBox);
    const secret = secretBox.seal(randomBytes(32).toString("base64url"), row);
    return secretBox.open(await storeNotificationSecret(tx, { tableId, secret, replace }), row);
  });
}
