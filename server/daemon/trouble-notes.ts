import type { MaestroError } from "../../shared/errors.ts";
import type { DrivenJob } from "../services/jobs/driven-job.ts";
import type { Pulse } from "../services/runs/advance-runs.ts";

type Note = Pulse["troubles"][number];

/** Most faults are gone at the next call, and nobody needs to read of them. */
const patienceMs = 2_000;

interface Trouble {
  driven: DrivenJob;
  since: Date;
  fault: MaestroError;
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

  return {
    set(driven: DrivenJob, fault: MaestroError | null) {
      const known = troubles.get(driven.job.id);
      if (fault === null) {
        if (!known) return;
        this.drop(driven.job.id);
        if (known.isTold) write(driven, null);
      } else if (!known) {
        const timer = setTimeout(() => tell(trouble), patienceMs);
        const trouble = { driven, since: now(), fault, timer, isTold: false };
        troubles.set(driven.job.id, trouble);
      } else {
        const isNews = known.fault.message !== fault.message;
        known.fault = fault;
        if (known.isTold && isNews) tell(known);
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

function describe({ since, fault }: Trouble): Note["reason"] {
  const at = since.toISOString().slice(0, 16).replace("T", " ");
  const who = fault.code === "storage" ? "Cloud Storage" : "BigQuery";
  const text = `${who} does not answer (${fault.message}), asking again since ${at} UTC`;
  return { code: "warehouseAway", text };
}
