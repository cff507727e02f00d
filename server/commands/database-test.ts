import type { DatabaseTest } from "../../shared/database.ts";
import { MaestroError } from "../../shared/errors.ts";

/** Throws what a connection test found wrong. */
export function assertWorks(name: string, result: DatabaseTest): void {
  if (result.ok) return;
  throw new MaestroError("database", `${name} does not work: ${result.message}`);
}
