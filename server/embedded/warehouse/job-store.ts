import { type DuckDBConnection, listValue } from "@duckdb/node-api";
import { WarehouseError } from "./contract.ts";
import type { Database } from "./database.ts";
import type { JobDocument, JobState } from "./job-resource.ts";

/** A job in memory. */
export interface JobRecord {
  document: JobDocument;
  state: JobState;
  cancelRequested: boolean;
  /** Interrupts what the job does at the moment. */
  interrupt: (() => void) | null;
  /** Resolves when the job is done. */
  done: Promise<void>;
}

const keptJobs = 50_000;

/**
 * The jobs, in memory and in DuckDB.
 *
 * A job is accepted when its row is in `meta.accepted`: only then is the request answered. It is
 * done when its row is in `meta.finished`, which is written in the same transaction as what the job
 * did: a kill leaves both or neither, and jobs accepted but not finished run again at the next
 * start, under the same id. Rows are only ever inserted, so that jobs never conflict over them.
 * Acceptances that arrive together share one commit.
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
      "SELECT coalesce(f.document, a.document), f.id IS NOT NULL FROM meta.accepted a LEFT JOIN meta.finished f USING (id) ORDER BY a.created_at, a.rowid",
    );
    for (const [document, finished] of rows) {
      store.#add(JSON.parse(String(document)) as JobDocument, finished ? "DONE" : "PENDING");
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

  /** Resolves when the job is on disk. Throws `duplicate` where the id is taken. */
  async accept(document: JobDocument): Promise<JobRecord> {
    const { projectId, jobId, location } = document;
    if (this.get(projectId, jobId)) {
      throw new WarehouseError(
        "duplicate",
        `Already Exists: Job ${projectId}:${location}.${jobId}`,
      );
    }
    // Taken at once: a second request with the id may come before this one is on disk.
    const record = this.#add(document, "PENDING");
    try {
      await this.#write(document);
    } catch (error) {
      this.#jobs.delete(idOf(document));
      throw error;
    }
    return record;
  }

  /** Writes the end in the connection's transaction; `finish` it after the commit. */
  async recordEnd(connection: DuckDBConnection, document: JobDocument): Promise<void> {
    await connection.run("INSERT INTO meta.finished VALUES ($1, $2, $3)", [
      idOf(document),
      BigInt(document.statistics.creationTime),
      JSON.stringify(document),
    ]);
  }

  /** Writes a script's child job in the connection's transaction; `addDone` it after the commit. */
  async recordChild(connection: DuckDBConnection, document: JobDocument): Promise<void> {
    for (const table of ["accepted", "finished"]) {
      await connection.run(`INSERT INTO meta.${table} VALUES ($1, $2, $3)`, [
        idOf(document),
        BigInt(document.statistics.creationTime),
        JSON.stringify(document),
      ]);
    }
  }

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
      cancelRequested: false,
      interrupt: null,
      done: promise,
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
      const values = batch.map((_, i) => `($${3 * i + 1}, $${3 * i + 2}, $${3 * i + 3})`);
      const error = await this.#database
        .rows(
          `INSERT INTO meta.accepted VALUES ${values.join(", ")}`,
          batch.flatMap(({ document }) => [
            idOf(document),
            BigInt(document.statistics.creationTime),
            JSON.stringify(document),
          ]),
        )
        .then(
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
    const old = done.slice(0, Math.max(0, done.length - keptJobs)).map(([id]) => id);
    if (old.length === 0) return;
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

function idOf(document: JobDocument): string {
  return `${document.projectId}.${document.jobId}`;
}
