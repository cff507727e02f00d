import type { Deps } from "../deps.ts";
import { passwordRow, tlsKeyRow } from "./database-address.ts";

/**
 * The columns of those secrets that are given; an empty one is none. Each is sealed to its row, so that
 * no other row's bytes can stand in for it.
 */
export function sealSecrets(
  { secretBox }: Pick<Deps, "secretBox">,
  databaseId: number,
  { password, tlsKey }: { password?: string | undefined; tlsKey?: string | undefined },
): { password?: Buffer | null; tlsKey?: Buffer | null } {
  const seal = (secret: string, row: string) =>
    secret === "" ? null : secretBox.seal(secret, row);
  return {
    ...(password === undefined ? {} : { password: seal(password, passwordRow(databaseId)) }),
    ...(tlsKey === undefined ? {} : { tlsKey: seal(tlsKey, tlsKeyRow(databaseId)) }),
  };
}
