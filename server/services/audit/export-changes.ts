import type { AuditEntry, AuditFilter } from "../../../shared/audit.ts";
import { selectChanges } from "../../db/audit.ts";
import type { Deps } from "../deps.ts";

const pageSize = 1_000;
const columns = ["id", "at", "actor", "action", "subjectKind", "subjectId", "detail"] as const;

/**
 * The audit log as CSV (RFC 4180), the newest first, a page at a time: memory stays flat however long
 * it is, and what is recorded meanwhile is not in it.
 */
export async function* exportChanges(
  deps: Pick<Deps, "db">,
  filter: AuditFilter,
): AsyncGenerator<string, void> {
  yield `${columns.join(",")}\r\n`;
  let beforeId: number | undefined;
  for (;;) {
    const page = await selectChanges(deps.db, { ...filter, limit: pageSize, beforeId });
    if (page.length > 0) yield page.map(lineOf).join("");
    if (page.length < pageSize) return;
    beforeId = page.at(-1)?.id;
  }
}

function lineOf(entry: AuditEntry): string {
  const { detail, ...rest } = entry;
  const row: Record<string, unknown> = { ...rest, detail: JSON.stringify(detail) };
  return `${columns.map((column) => cellOf(row[column])).join(",")}\r\n`;
}

/** A text that a spreadsheet would take for a formula gets an apostrophe before it. */
function cellOf(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
