export const notificationStates = ["queued", "delivered", "failed"] as const;
/** `failed`: given up, refused for good or after a day of attempts. */
export type NotificationState = (typeof notificationStates)[number];

/** One attempt to tell a receiver, as it is kept. */
export interface NotificationAttempt {
  /** ISO instant of its end. */
  at: string;
  /** Of the answer; null where none came. */
  status: number | null;
  durationMs: number;
  /** The first of what the receiver answered, without secrets. */
  answer: string;
  /** Why it counts as failed; null where it was delivered. */
  error: string | null;
}

/** A completed table, told to one URL. */
export interface NotificationView {
  id: number;
  /** The same in every attempt: a receiver that knows it has the event already. */
  eventId: string;
  tableId: number;
  /** `dataset.name`. */
  tableName: string;
  runId: number;
  tableRunId: number;
  url: string;
  state: NotificationState;
  /** The last ones, the newest last. */
  attempts: NotificationAttempt[];
  attemptCount: number;
  createdAt: string;
  /** While it is queued. */
  nextAttemptAt: string | null;
  endedAt: string | null;
}

/** What sending one again means for its receiver. */
export interface SentAgain {
  id: number;
  /** Later ones of the same table and address that it has already: this one comes out of order. */
  laterDelivered: number;
}

/** How many attempts are kept of each. */
export const keptAttempts = 20;
