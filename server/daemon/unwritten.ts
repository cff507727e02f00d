import type { Deps } from "../services/deps.ts";
import type { DrivenJob, Driving } from "../services/jobs/driven-job.ts";
import type { Pulse } from "../services/runs/advance-runs.ts";
import { createSubmittedNotes } from "./submitted-notes.ts";
import { createTroubleNotes } from "./trouble-notes.ts";

type News = Pick<Pulse, "ended" | "submitted" | "troubles" | "read">;

/** What the monitors and the reader of statistics have to say, until a pulse has written it. */
export function createUnwritten({ now }: Pick<Deps, "now">, wake: () => void) {
  const submitted = createSubmittedNotes(wake);
  const troubles = createTroubleNotes(now, wake);
  let ended: News["ended"] = [];
  let read: News["read"] = [];
  return {
    /** Calls for the monitor of a job, while it runs. */
    notesOf: (driven: DrivenJob) => ({
      onSubmitted: () => submitted.add(driven),
      onTrouble: (...news: Parameters<Driving["onTrouble"]>) => troubles.set(driven, ...news),
    }),
    addEnd(end: News["ended"][number]) {
      submitted.drop(end.driven.job.id);
      ended.push(end);
      wake();
    },
    addRead(job: News["read"][number]) {
      read.push(job);
      wake();
    },
    /** A job that nobody drives any more. */
    drop: (jobId: number) => troubles.drop(jobId),
    list: (): News => ({
      ended: [...ended],
      submitted: submitted.list(),
      troubles: troubles.list(),
      read: [...read],
    }),
    /** What came while it was being written stays, for the next pulse; so does what was put off. */
    forget(written: News, putOff: News["ended"]) {
      ended = [...putOff, ...ended.slice(written.ended.length)];
      read = read.slice(written.read.length);
      submitted.forget(written.submitted);
      troubles.forget(written.troubles);
    },
    close() {
      submitted.close();
      troubles.close();
    },
  };
}
