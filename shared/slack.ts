import type { RunState } from "./run.ts";
import { keptText } from "./text.ts";

/** What Slack is told of. What there is to say is read when it is said: it may have changed since. */
export type SlackNews =
  /** A run failed, was resumed, or ended after that. */
  | { kind: "run"; runId: number }
  /** A tick was skipped, as another run of its frequency had not ended. */
  | { kind: "tickSkipped"; runId: number; unfinishedRunId: number }
  /** Somebody signed in for the first time, and waits for an admin. */
  | { kind: "userWaiting"; userId: number }
  /** A frequency makes no runs; the text says why. */
  | { kind: "frequencyTrouble"; frequencyId: number; text: string }
  /** So much of the budget of a month, such as 2026-03, is spent. */
  | { kind: "budget"; month: string; percent: number; text: string }
  /** A run of a tick has not ended when it was to, an ISO instant; or it has ended since it was told. */
  | { kind: "runLate"; runId: number; dueAt: string; why: LateReason }
  | { kind: "lateRunEnded"; runId: number }
  /** What was in the day between two ISO instants. */
  | { kind: "digest"; until: string; since: string; timeZone: string; day: DigestFacts }
  /** A notification was given up, and none before it since its receiver took one. */
  | { kind: "notTold"; notificationId: number }
  /** An import found other columns in its source. */
  | {
      kind: "schemaChange";
      tableRunId: number;
      tableId: number;
      text: string;
      /** The table that keeps the rows of before; null where none were in the way. */
      keptAs: string | null;
    };

/** What says when a run was to end: its frequency's setting, how long such runs take, or the next tick. */
export type LateReason = "set" | "usual" | "nextTick";

export interface DigestFacts {
  /** That ended in the day. */
  succeeded: number;
  failed: number;
  cancelled: number;
  skippedTicks: number;
  late: number;
  /** When the day ended. */
  running: number;
  /** Of the runs that ended. */
  tablesSucceeded: number;
  tablesFailed: number;
  tablesSkipped: number;
  /** With its currency, such as 12.34 EUR. */
  cost: string;
  /** The first of those that failed. */
  failedRuns: { id: number; frequency: string | null; tablesFailed: number }[];
}

/** A channel by its name or by the id that Slack shows in its details. */
export const slackChannelSchema = keptText()
  .trim()
  .transform((text) => text.replace(/^#/, ""))
  .refine((text) => /^[\p{L}\p{N}_-]{1,80}$/u.test(text), {
    error: "the name of a channel, such as #data, or its id, such as C0123456789",
  });

/** How telling Slack fares, for admins. */
export interface SlackState {
  isSetUp: boolean;
  /** Messages that are not told yet. */
  waiting: number;
  /** The newest message that could not be told: why. */
  fault: string | null;
}

/** A run as Slack is told of it. */
export interface RunForSlack {
  /** Null for one that was started by hand. */
  frequency: string | null;
  /** Of the frequency; null where it has none of its own. */
  channel: string | null;
  /** Where its frequency as a whole is told of; null where only that of the settings is left. */
  wholeChannel: string | null;
  /** ISO instant; null where there is none. */
  tickAt: string | null;
  state: RunState;
  reason: string | null;
  startedBy: string | null;
  resumedCount: number;
  /** Who resumed or cancelled it last. */
  steeredBy: string | null;
  failed: number;
  skipped: number;
}

/** A notification that was given up. */
export interface NotificationForSlack {
  tableId: number;
  /** `dataset.name`. */
  table: string;
  host: string;
  attempts: number;
  /** Of the last one. */
  error: string | null;
  channel: string | null;
}

/** A run that is late, or was. */
export interface LateRunForSlack {
  frequency: string;
  /** Null where only the default is left. */
  channel: string | null;
  tickAt: string;
  state: RunState;
  endedAt: string | null;
  tables: number;
  done: number;
  /** `dataset.name` of some that run. */
  runningTables: string[];
}

/** A table that failed in it. */
export interface FailedTable {
  id: number;
  /** Of its group. */
  channel: string | null;
  name: string;
  error: string;
}

/** The blocks of a message that we use, of Slack's Block Kit. */
export type SlackBlock =
  | { type: "section"; text: { type: "mrkdwn"; text: string } }
  | { type: "context"; elements: { type: "mrkdwn"; text: string }[] };

/** Where a message stands, by Slack's own names. */
export interface SlackPlace {
  channel: string;
  ts: string;
}
