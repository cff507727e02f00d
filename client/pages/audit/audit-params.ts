import { type AuditFilter, auditFilterSchema } from "../../../shared/audit.ts";
import { instantOf } from "../../format.ts";

/** The page's address: the filter, with times as the browser's fields have them, and the page. */
export type AuditParams = Record<
  "actor" | "action" | "subjectKind" | "subjectId" | "from" | "to" | "before",
  string
>;

/** The address of the whole log. */
export const noFilter: Record<keyof AuditParams, null> = {
  actor: null,
  action: null,
  subjectKind: null,
  subjectId: null,
  from: null,
  to: null,
  before: null,
};

/** What of the address makes sense; the rest is as if it were not there. */
export function filterOf(params: Partial<AuditParams>): AuditFilter {
  const { actor, action, subjectKind, subjectId } = params;
  const values = {
    actor,
    action,
    subjectKind,
    subjectId,
    from: instantOf(params.from),
    to: instantOf(params.to),
  };
  const given = Object.entries(values).filter(
    ([key, value]) =>
      value !== undefined && value !== "" && auditFilterSchema.safeParse({ [key]: value }).success,
  );
  return auditFilterSchema.parse(Object.fromEntries(given));
}

export function isFiltered(filter: AuditFilter): boolean {
  return Object.keys(filter).length > 0;
}

/** `?actor=…`, or nothing. */
export function queryOf(filter: AuditFilter): string {
  const entries = Object.entries(filter).map(([key, value]): [string, string] => [
    key,
    String(value),
  ]);
  return entries.length === 0 ? "" : `?${new URLSearchParams(entries)}`;
}
