import type { AuditEntry, AuditFilter, AuditWords } from "../../../shared/audit.ts";
import { selectAuditWords, selectChanges } from "../../db/audit.ts";
import type { Deps } from "../deps.ts";

/** A page of the audit log, the newest first. */
export function listChanges(
  deps: Pick<Deps, "db">,
  filter: AuditFilter & { limit: number; beforeId?: number | undefined },
): Promise<AuditEntry[]> {
  return selectChanges(deps.db, filter);
}

/** What the audit log can be filtered by. */
export function listAuditWords(deps: Pick<Deps, "db">): Promise<AuditWords> {
  return selectAuditWords(deps.db);
}
