import { z } from "zod";
import { keptText } from "./text.ts";

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

const instant = z.iso.datetime({
  offset: true,
  error: "an instant as 2026-03-01T06:00:00Z",
});

/** Which changes to show; what is absent is not asked for. */
export const auditFilterSchema = z.object({
  /** Part of who did it, whatever its case. */
  actor: keptText().trim().max(200).optional(),
  action: keptText().max(100).optional(),
  subjectKind: keptText().max(100).optional(),
  subjectId: z.coerce.number().int().positive().optional(),
  /** From this instant on. */
  from: instant.optional(),
  /** Up to this instant, without it. */
  to: instant.optional(),
});
export type AuditFilter = z.infer<typeof auditFilterSchema>;

/** What there is to filter by, each in the order of the alphabet. */
export interface AuditWords {
  actions: string[];
  subjectKinds: string[];
}
