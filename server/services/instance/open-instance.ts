import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { settings } from "../../../drizzle/schema/settings.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Db } from "../../db/client.ts";
import type { SecretBox } from "../../support/crypto.ts";

const settingKey = "instance";
const sealedRow = "settings/instance";
const sealedText = "the secret is the right one";

/**
 * Names the installation once (the name stands in job ids and labels) and holds the secret against
 * the one that the database was made with. Throws `configuration` where it is another.
 */
export async function openInstance(db: Db, secretBox: SecretBox): Promise<{ instanceId: string }> {
  await db
    .insert(settings)
    .values({
      key: settingKey,
      value: { id: randomBytes(4).toString("hex") },
      secret: secretBox.seal(sealedText, sealedRow),
    })
    .onConflictDoNothing();
  const [row] = await db.select().from(settings).where(eq(settings.key, settingKey));
  if (!row?.secret) throw new MaestroError("internal", "settings has no row `instance`");
  try {
    secretBox.open(row.secret, sealedRow);
  } catch (cause) {
    throw new MaestroError(
      "configuration",
      "the secret is not the one that this database was made with: start with the old one (-secret or -secretpath)",
      { cause },
    );
  }
  return { instanceId: (row.value as { id: string }).id };
}
