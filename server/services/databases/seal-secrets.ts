import type { Deps } from "../deps.ts";
import { passwordRow, tlsKeyRow } from "./database-address.ts";

/**
 * The columns of the secrets; an empty one is none. Each is sealed to its row, so that no other row's
 * bytes can stand in for it.
 */
export function sealSecrets(
  { secretBox }: Pick<Deps, "secretBox">,
  databaseId: number,
  { password, tlsKey }: { password: string; tlsKey: string },
): { password: Buffer | null; tlsKey: Buffer | null } {
  const seal = (secret: string, row: string) =>
    secret === "" ? null : secretBox.seal(secret, row);
  return {
    password: seal(password, passwordRow(databaseId)),
    tlsKey: seal(tlsKey, tlsKeyRow(databaseId)),
  };
}
