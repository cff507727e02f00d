import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { DatabaseAddress } from "./database-address.ts";
import type { ExportWork } from "./export-work.ts";
import { describeMysqlFault } from "./mysql-connection.ts";
import { TooLargeError } from "./staged-size.ts";

const refusals = new Set([
  "ER_TABLEACCESS_DENIED_ERROR",
  "ER_COLUMNACCESS_DENIED_ERROR",
  "ER_SPECIFIC_ACCESS_DENIED_ERROR",
]);
/** Of LOAD DATA LOCAL where server or client has turned it off. */
const noInfile = new Set(["ER_NOT_ALLOWED_COMMAND", "ER_CLIENT_LOCAL_FILES_DISABLED"]);

const needed = {
  replace: "create, drop, alter, select, insert, update, delete",
  append: "create, select, insert, delete",
  upsert: "create, create temporary tables, select, insert, update",
};

/** In words: what MySQL refused, and what a user can do. */
export function describeMysqlTargetFault(
  error: unknown,
  address: DatabaseAddress,
  work: Pick<ExportWork, "mode">,
): Error {
  if (error instanceof MaestroError || error instanceof TooLargeError) return error;
  const code = codeOfMysql(error);
  const details = { cause: error, reason: code };
  const isForeign = code === "ER_DBACCESS_DENIED_ERROR" && /to database/.test(messageOf(error));
  if (refusals.has(code) || isForeign) {
    return new MaestroError(
      "database",
      `the user ${address.username} may not do it: ${messageOf(error)}. To ${work.mode} a table: grant ${needed[work.mode]} on ${address.database}.* to '${address.username}'`,
      details,
    );
  }
  if (noInfile.has(code) || numberOf(error) === 4166) {
    return new MaestroError(
      "database",
      "the server takes no rows by LOAD DATA LOCAL: set global local_infile = 1 there",
      details,
    );
  }
  if (code === "ER_TOO_BIG_ROWSIZE") {
    return new MaestroError(
      "database",
      `the columns are too many for a row of the server (${messageOf(error)}): take some out of the query, or split the table into several`,
      details,
    );
  }
  return describeMysqlFault(error, address);
}

export function codeOfMysql(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

function numberOf(error: unknown): number {
  return typeof error === "object" && error !== null && "errno" in error ? Number(error.errno) : 0;
}
