/**
 * A change that the web app and other processes may want to know of: a latency hint and never a
 * record. A loss is covered by polls and by the client's refetch on reconnect.
 */
export interface ChangeEvent {
  noun:
    | "table"
    | "run"
    | "tableRun"
    | "job"
    | "transfer"
    | "notification"
    | "frequency"
    | "database"
    | "demo"
    | "user"
    | "group"
    | "token"
    | "setting"
    | "scheduler"
    /** A room's state; `schedulerId` names its scheduler. */
    | "room";
  /** The row's id; null: several, fetch again. */
  id: number | null;
  runId?: number;
  tableId?: number;
  schedulerId?: number;
  /** Nothing but the progress of a transfer has changed. */
  isProgress?: true;
}
