/** One recorded change. `detail` says what was changed and never carries a secret. */
export interface AuditEntry {
  id: number;
  at: string;
  /** The e-mail address at the time, or the process that acted. */
  actor: string;
  action: string;
  subjectKind: string;
  subjectId: number | null;
  detail: Record<string, unknown>;
}
