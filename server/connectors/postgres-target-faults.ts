import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { DatabaseAddress } from "./database-address.ts";
import type { ExportWork } from "./export-work.ts";
import { describeFault } from "./postgres-connection.ts";
import { TooLargeError } from "./staged-size.ts";

const needed = {
  replace:
    "own it, or have select, insert, update and delete on it; to make it, create on its schema",
  append: "have insert on it; create on its schema for it and for maestro_exports",
  upsert: "have select, insert and update on it; to make it, create on its schema",
};

/** In words: what PostgreSQL refused, where, and what a user can do. */
export function describeTargetFault(
  error: unknown,
  address: DatabaseAddress,
  work: Pick<ExportWork, "mode">,
): Error {
  if (error instanceof MaestroError || error instanceof TooLargeError) return error;
  const code = fieldOf(error, "code");
  const text = messageOf(error);
  const details = { cause: error, ...(code === "" ? {} : { reason: code }) };
  if (code === "42501") {
    return new MaestroError(
      "database",
      `the user ${address.username} may not do it: ${text}. To ${work.mode} a table it must ${needed[work.mode]}`,
      details,
    );
  }
  const place = placeOf(fieldOf(error, "where"), fieldOf(error, "column"));
  const detail = fieldOf(error, "detail");
  // 22: data that a type does not take; 23: a constraint.
  if (/^2[23]/.test(code)) {
    return new MaestroError(
      "database",
      `${place}${text}${detail === "" ? "" : ` (${detail})`}: change the query, or the table`,
      details,
    );
  }
  if (code === "55P03") {
    return new MaestroError("database", `the table is locked by others: ${text}`, {
      ...details,
      retryable: true,
    });
  }
  return describeFault(error, address);
}

/** `COPY t, line 3, column v: "x"`, as PostgreSQL tells it. */
function placeOf(where: string, column: string): string {
  const found = /^COPY \S+, line (\d+)(?:, column ([^:]+))?(?:: ("[\s\S]{0,200}))?/.exec(where);
  if (!found) return column === "" ? "" : `column ${column}: `;
  const [, line, named = column] = found;
  const value = found[2] !== undefined && found[3] ? ` holds ${found[3]}` : "";
  return `${named === "" ? "" : `column ${named}${value} in `}row ${line}: `;
}

function fieldOf(error: unknown, field: "code" | "where" | "detail" | "column"): string {
  return typeof error === "object" && error !== null && field in error
    ? String((error as Record<string, unknown>)[field] ?? "")
    : "";
}
