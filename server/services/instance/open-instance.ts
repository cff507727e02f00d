import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { settings } from "../../../drizzle/schema/settings.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Db } from "../../db/client.ts";
import type { SecretBox } from "../../support/crypto.ts";
import { settingRow } from "../settings/setting-row.ts";

export const instanceKey = "instance";
const sealedText = "the secret is the right one";

/** The bytes by which an installation tells its secret from others. */
export function sealProof(secretBox: SecretBox): Buffer {
  return secretBox.seal(sealedText, settingRow(instanceKey));
}

/**
 * Names the installation once (the name stands in job ids and labels) and holds the secret against
 * the one that the database was made with. Throws `configuration` where it is another.
 */
export async function openInstance(db: Db, secretBox: SecretBox): Promise<{ instanceId: string }> {
  await db
    .insert(settings)
    .values({
      key: instanceKey,
      value: { id: randomBytes(4).toString("hex") },
      secret: sealProof(secretBox),
    })
    .onConflictDoNothing();
  const [row] = await db.select().from(settings).where(eq(settings.key, instanceKey));
  if (!row?.secret) throw new Error("settings has no row `instance`");
  if (!opens(secretBox, row.secret)) {
    throw new MaestroError(
      "configuration",
      "the secret is not the one that this database was made with: start with that one (-secret or -secretpath); where `maestro rotate-secret` was interrupted, run it again",
    );
  }
  return { instanceId: (row.value as { id: string }).id };
}

/**
 * Before something is sealed, in the transaction that stores it: a rotation waits for that one's
 * end. Throws `conflict` where the secret was rotated under this process.
 */
export async function requireCurrentSecret(tx: Db, secretBox: SecretBox): Promise<void> {
  const query = tx.select().from(settings).where(eq(settings.key, instanceKey));
  const [row] = await query.for("share");
  if (!row?.secret || opens(secretBox, row.secret)) return;
  throw new MaestroError(
    "conflict",
    "the secret was rotated while this Maestro ran: start it again with the new one, then save",
  );
}

export function opens(secretBox: SecretBox, proof: Buffer): boolean {
  try {
    return secretBox.open(proof, settingRow(instanceKey)) === sealedText;
  } catch {
    return false;
  }
}
