import type { TableRunView } from "../../../shared/run.ts";

export type PhaseKind = "parents" | "turn" | "outside" | "work";

/** A stretch of a table run's life, in ms since 1970. */
export interface Phase {
  kind: PhaseKind;
  from: number;
  to: number;
}

export const phaseWords: Record<PhaseKind, string> = {
  parents: "waited for parents",
  turn: "waited for its turn",
  outside: "waited for files or a room",
  work: "worked",
};

type Timed = Pick<
  TableRunView,
  "kind" | "readyAt" | "startedAt" | "workedAt" | "endedAt" | "parentIds"
>;

/**
 * What a table run waited for, one thing after the other, and its work, which begins with its first
 * job or transfer. What goes on still lasts until `now`; of what was before `begin` nothing is told.
 */
export function phasesOf(row: Timed, begin: number, now: number): Phase[] {
  const end = row.endedAt === null ? now : Date.parse(row.endedAt);
  const orEnd = (iso: string | null) => (iso === null ? end : Date.parse(iso));
  const phases: Phase[] = [];
  const add = (kind: PhaseKind, from: number, to: number) => {
    const start = Math.max(from, begin);
    if (to > start) phases.push({ kind, from: start, to });
  };
  const waits = row.parentIds.length > 0 || row.readyAt === null;
  if (waits) add("parents", begin, orEnd(row.readyAt));
  if (row.readyAt !== null) add("turn", Date.parse(row.readyAt), orEnd(row.startedAt));
  if (row.startedAt === null) return phases;
  const started = Date.parse(row.startedAt);
  const worked = row.kind === "summary" ? started : orEnd(row.workedAt);
  add("outside", started, worked);
  add("work", worked, end);
  return phases;
}
