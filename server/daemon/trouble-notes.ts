import type { MaestroError } from "../../shared/errors.ts";
import type { DrivenJob } from "../services/jobs/driven-job.ts";
import type { Pulse } from "../services/runs/advance-runs.ts";

type Note = Pulse["troubles"][number];

/** Most faults are gone at the next call, and nobody needs to read of them. */
const patienceMs = 2_000;
/** Of a longer pause it is told when it ends. */
const longPauseMs = 60_000;

interface Trouble {
  driven: DrivenJob;
  since: Date;
  fault: MaestroError;
  /** When it is asked again, where that is not soon. */
  next: Date | null;
  timer: NodeJS.Timeout;
  isTold: boolean;
}

/**
 * Jobs about which BigQuery, or Cloud Storage of their files, gives no answer, to be noted on their table runs with the next pulse, and
 * to be cleared there when it answers. By the job's id. A note that a crash leaves is cleared by the
 * next claim.
 */
export function createTroubleNotes(now: () => Date, wake: () => void) {
  const troubles = new Map<number, Trouble>();
  const notes = new Map<number, Note>();

  const write = ({ claim, job }: DrivenJob, reason: Note["reason"]) => {
    notes.set(job.id, { tableRunId: claim.id, fence: claim.fence, reason });
    wake();
  };
  const tell = (trouble: Trouble) => {
    trouble.isTold = true;
    write(trouble.driven, describe(trouble));
  };

  const nextAfter = (pauseMs: number) =>
    pauseMs > longPauseMs ? new Date(now().getTime() + pauseMs) : null;
  const update = (known: Trouble, news: Pick<Trouble, "fault" | "next">) => {
    const isNews = known.fault.message !== news.fault.message || news.next !== known.next;
    Object.assign(known, news);
    if (known.isTold && isNews) tell(known);
  };

  return {
    set(driven: DrivenJob, fault: MaestroError | null, pauseMs = 0) {
      const next = nextAfter(pauseMs);
      const known = troubles.get(driven.job.id);
      if (fault === null) {
        if (!known) return;
        this.drop(driven.job.id);
        if (known.isTold) write(driven, null);
      } else if (!known) {
        const timer = setTimeout(() => tell(trouble), patienceMs);
        const trouble = { driven, since: now(), fault, next, timer, isTold: false };
        troubles.set(driven.job.id, trouble);
      } else {
        update(known, { fault, next });
      }
    },
    list: () => [...notes.values()],
    /** Of a job that has ended, or is another daemon's. */
    drop(jobId: number) {
      clearTimeout(troubles.get(jobId)?.timer);
      troubles.delete(jobId);
      notes.delete(jobId);
    },
    forget(written: Note[]) {
      for (const [jobId, note] of notes) if (written.includes(note)) notes.delete(jobId);
    },
    close() {
      for (const jobId of troubles.keys()) this.drop(jobId);
    },
  };
}

function describe({ since, fault, next }: Trouble): Note["reason"] {
  const time = (at: Date) => at.toISOString().slice(0, 16).replace("T", " ");
  const then = next ? `, next at ${time(next)} UTC as it asks` : "";
  const who = fault.code === "storage" ? "Cloud Storage" : "BigQuery";
  const text = `${who} does not answer (${fault.message}), asking again since ${time(since)} UTC${then}`;
  return { code: "warehouseAway", text };
}
