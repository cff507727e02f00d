import { listValue } from "@duckdb/node-api";
import { WarehouseError } from "./contract.ts";
import type { Database } from "./database.ts";
import { quoteText } from "./field-types.ts";
import type { JobDocument, JobState } from "./job-resource.ts";

/** A job in memory. */
export interface JobRecord {
  document: JobDocument;
  state: JobState;
  /** Why it is to end before it is done. */
  stop: WarehouseError | null;
  /** Interrupts what the job does at the moment. */
  interrupt: (() => void) | null;
  /** Resolves when the job is done. */
  done: Promise<void>;
  /** Resolves when the job is on disk; null while nobody has asked for that. */
  kept: Promise<void> | null;
}

const keptJobs = 50_000;

/**
 * The jobs, in memory and in DuckDB.
 *
 * A job is accepted when its row is in `meta.accepted`, and done when its row is in `meta.finished`,
 * which is written in the same transaction as what the job did: a kill leaves both or neither. No
 * request is answered before the job has one of these rows, and no statement of a script runs before.
 * A query whose answer comes with its rows mostly has the second alone; one that takes longer is
 * accepted while it runs. Jobs accepted but not finished run again at the next start, under the same
 * id; a kill before that is an answer that never came. Rows are only ever inserted, so that jobs never
 * conflict over them, and the two may come in any order. Acceptances that arrive together share one
 * commit.
 *
 * Ids are unique as long as the store keeps the job: the newest `keptJobs`.
 */
export class JobStore {
  readonly #database: Database;
  readonly #jobs = new Map<string, JobRecord>();
  readonly #settle = new Map<string, () => void>();
  #queue: { document: JobDocument; settled: (error: unknown) => void }[] = [];
  #flushing = false;

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(database: Database): Promise<JobStore> {
    const store = new JobStore(database);
    for (const table of ["accepted", "finished"]) {
      await database.rows(
        `CREATE TABLE IF NOT EXISTS meta.${table} (id VARCHAR, created_at BIGINT, document VARCHAR)`,
      );
    }
    const rows = await database.rows(
      "SELECT coalesce(f.document, a.document), f.id IS NOT NULL FROM meta.accepted a FULL JOIN meta.finished f USING (id) ORDER BY coalesce(f.created_at, a.created_at), coalesce(f.rowid, a.rowid)",
    );
    for (const [document, finished] of rows) {
      const job = JSON.parse(String(document)) as JobDocument;
      store.#add(job, finished ? "DONE" : "PENDING").kept = Promise.resolve();
    }
    await store.forgetOld();
    return store;
  }

  get(projectId: string, jobId: string): JobRecord | undefined {
    return this.#jobs.get(`${projectId}.${jobId}`);
  }

  require(projectId: string, jobId: string): JobRecord {
    const job = this.get(projectId, jobId);
    if (job) return job;
    throw new WarehouseError("notFound", `Not found: Job ${projectId}:${jobId}`);
  }

  /** Oldest first. */
  all(): IterableIterator<JobRecord> {
    return this.#jobs.values();
  }

  unfinished(): JobRecord[] {
    return [...this.#jobs.values()].filter((job) => job.state !== "DONE");
  }

  /** A job in memory alone: `keep` it before an answer names it. Throws `duplicate` where the id is taken. */
  take(document: JobDocument): JobRecord {
    const { projectId, jobId, location } = document;
    if (this.get(projectId, jobId)) {
      throw new WarehouseError(
        "duplicate",
        `Already Exists: Job ${projectId}:${location}.${jobId}`,
      );
    }
    return this.#add(document, "PENDING");
  }

  /** Resolves when the job is on disk. */
  async accept(document: JobDocument): Promise<JobRecord> {
    // Taken at once: a second request with the id may come before this one is on disk.
    const record = this.take(document);
    try {
      await this.keep(record);
    } catch (error) {
      this.#jobs.delete(idOf(document));
      throw error;
    }
    return record;
  }

  /** Resolves when the job is on disk, accepted or done. */
  async keep(record: JobRecord): Promise<void> {
    if (record.state === "DONE") return;
    record.kept ??= this.#write(record.document);
    await record.kept;
  }

  /** The statement that writes the end, for the job's transaction; `finish` or `addDone` it after the commit. */
  recording(document: JobDocument): string {
    return insertion("finished", [document]);
  }

  /** A script's child job, whose end the transaction wrote. */
  addDone(document: JobDocument): void {
    this.#add(document, "DONE");
  }

  /** A script's child jobs, in the order in which they ran. */
  children(projectId: string, parentJobId: string): JobDocument[] {
    return [...this.#jobs.values()]
      .map((record) => record.document)
      .filter((job) => job.projectId === projectId && parentOf(job) === parentJobId);
  }

  finish(record: JobRecord, document: JobDocument): void {
    record.document = document;
    record.state = "DONE";
    record.interrupt = null;
    this.#settle.get(idOf(document))?.();
    this.#settle.delete(idOf(document));
  }

  async remove(record: JobRecord): Promise<void> {
    const id = idOf(record.document);
    // A row that is still on its way to the disk would come after its deletion.
    await record.kept?.catch(() => undefined);
    await this.#database.rows("DELETE FROM meta.accepted WHERE id = $1", [id]);
    await this.#database.rows("DELETE FROM meta.finished WHERE id = $1", [id]);
    this.#jobs.delete(id);
  }

  #add(document: JobDocument, state: JobState): JobRecord {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (state === "DONE") resolve();
    else this.#settle.set(idOf(document), resolve);
    const record: JobRecord = {
      document,
      state,
      stop: null,
      interrupt: null,
      done: promise,
      kept: null,
    };
    this.#jobs.set(idOf(document), record);
    return record;
  }

  #write(document: JobDocument): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = (error: unknown) => (error ? reject(error) : resolve());
      this.#queue.push({ document, settled });
      if (!this.#flushing) void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, 500);
      const documents = batch.map(({ document }) => document);
      const error = await this.#database.rows(insertion("accepted", documents)).then(
        () => null,
        (reason: unknown) => reason,
      );
      for (const { settled } of batch) settled(error);
    }
    this.#flushing = false;
  }

  /** Drops the oldest jobs that are done, so that neither memory nor file grows for ever. */
  async forgetOld(): Promise<void> {
    // What a script has done so far is what it goes on from after a kill.
    const scripts = new Set(this.unfinished().map((record) => record.document.jobId));
    const done = [...this.#jobs].filter(
      ([, { state, document }]) => state === "DONE" && !scripts.has(parentOf(document) ?? ""),
    );
    const oldest = done.slice(0, Math.max(0, done.length - keptJobs));
    if (oldest.length === 0) return;
    await Promise.allSettled(oldest.map(([, { kept }]) => kept));
    const old = oldest.map(([id]) => id);
    const ids = listValue(old);
    for (const table of ["accepted", "finished"]) {
      await this.#database.rows(`DELETE FROM meta.${table} WHERE id IN (SELECT unnest($1))`, [ids]);
    }
    for (const id of old) this.#jobs.delete(id);
  }
}

/** The script that a job is a child of. */
export function parentOf(document: JobDocument): string | undefined {
  return document.statistics["parentJobId"] as string | undefined;
}

/** Without parameters, which DuckDB takes longer to bind than to read. */
function insertion(table: "accepted" | "finished", documents: JobDocument[]): string {
  const rows = documents.map((document) => {
    const text = quoteText(JSON.stringify(document));
    return `(${quoteText(idOf(document))}, ${BigInt(document.statistics.creationTime)}, ${text})`;
  });
  return `INSERT INTO meta.${table} VALUES ${rows.join(", ")}`;
}

function idOf(document: JobDocument): string {
  return `${document.projectId}.${document.jobId}`;
}
