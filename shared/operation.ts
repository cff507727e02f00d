export type OperationKind = "create" | "update" | "scale" | "delete";

export type OperationState = "pending" | "running" | "succeeded" | "failed" | "cancelled";

/** Of rooms: so many of so many, and what it waits for. */
export interface OperationProgress {
  done: number;
  total: number;
  note?: string;
}

/** What is done with a scheduler's rooms, as shown. Instants are ISO. */
export interface OperationView {
  id: number;
  kind: OperationKind;
  state: OperationState;
  /** Who asked for it: a person's e-mail address, or `autoscaling`. */
  actor: string;
  summary: string;
  progress: OperationProgress | null;
  reason: string | null;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
}
