import type { Db } from "../../db/client.ts";
import type { Deps } from "../deps.ts";
import { requireCurrentSecret } from "../instance/open-instance.ts";
import { passwordRow, tlsKeyRow } from "./database-address.ts";

/**
 * The columns of the secrets; an empty one is none. Each is sealed to its row, so that no other row's
 * bytes can stand in for it. Throws `conflict` where the secret was rotated under this process.
 */
export async function sealSecrets(
  tx: Db,
  { secretBox }: Pick<Deps, "secretBox">,
  databaseId: number,
  { password, tlsKey }: { password: string; tlsKey: string },
): Promise<{ password: Buffer | null; tlsKey: Buffer | null }> {
  await requireCurrentSecret(tx, secretBox);
  const seal = (secret: string, row: string) =>
    secret === "" ? null : secretBox.seal(secret, row);
  return {
    password: seal(password, passwordRow(databaseId)),
    tlsKey: seal(tlsKey, tlsKeyRow(databaseId)),
  };
}
