import type pg from "pg";

/*
 * The ticks of frequencies: each of them, from the first that counts to the last before the frequency
 * was switched off, has to be a row (of a run, or skipped) or one that the next row names as missed.
 */

/** Instants are milliseconds. */
export interface TickingSpan {
  id: string;
  name: string;
  /** Divides a day: the ticks are its multiples. */
  periodMs: number;
  /** Ticks before it do not count. */
  fromMs: number;
  /** When it was switched off; that of the reading, where it was not. */
  untilMs: number;
}

export interface RecordedTick {
  /** Of its row, also where that one was skipped. */
  runId: string;
  frequencyId: string;
  atMs: number;
  /** What the row says of the ticks before it; "untold" where its daemon does not write that yet. */
  missed: { count: number; firstMs: number; lastMs: number } | null | "untold";
  /** The run that it overlapped, for which it was skipped. */
  overlapped: string | null;
}

/** Ticks so shortly before a frequency is switched off may find nobody who records them in time. */
const lateMs = 5_000;

export function findTickFaults(
  spans: TickingSpan[],
  ticks: RecordedTick[],
): { doubled: string[]; lost: string[] } {
  const byFrequency = Map.groupBy(ticks, ({ frequencyId }) => frequencyId);
  const found = spans.map((span) => followTicks(span, byFrequency.get(span.id) ?? []));
  return {
    doubled: found.flatMap(({ doubled }) => doubled),
    lost: found.flatMap(({ lost }) => lost),
  };
}

function followTicks({ name, periodMs, fromMs, untilMs }: TickingSpan, ticks: RecordedTick[]) {
  const doubled: string[] = [];
  const lost: string[] = [];
  let nextMs = Math.ceil(fromMs / periodMs) * periodMs;
  for (const { atMs, missed } of ticks.toSorted((one, other) => one.atMs - other.atMs)) {
    const said = missed === "untold" ? { firstMs: nextMs } : missed;
    const firstMs = said?.firstMs ?? atMs;
    const what = `${name}: ${spanText(nextMs, firstMs)} before its tick of ${text(atMs)}`;
    if (firstMs > nextMs) lost.push(`${what} neither recorded nor missed`);
    if (firstMs < nextMs && atMs >= fromMs) doubled.push(`${what} twice`);
    const isCounted =
      !missed ||
      missed === "untold" ||
      (missed.lastMs === atMs - periodMs && missed.count === (atMs - firstMs) / periodMs);
    if (!isCounted)
      lost.push(`${name}: ${text(atMs)} misses others than ${JSON.stringify(missed)}`);
    nextMs = atMs + periodMs;
  }
  if (nextMs <= untilMs - lateMs) {
    lost.push(`${name}: nothing recorded from ${text(nextMs)} to ${text(untilMs)}`);
  }
  return { doubled, lost };
}

function spanText(oneMs: number, otherMs: number): string {
  return `${text(Math.min(oneMs, otherMs))} to ${text(Math.max(oneMs, otherMs))}`;
}

function text(ms: number): string {
  return new Date(ms).toISOString();
}

/** What lets `readTicks` tell who recorded a tick, and when a frequency was switched off. */
export const tickLog = `
  create table tick_recorders (run_id bigint, application_name text);
  create function log_tick() returns trigger language plpgsql as $$ begin
    insert into tick_recorders values (new.id, current_setting('application_name'));
    return new; end $$;
  create trigger log_tick after insert on runs for each row
    when (new.tick_at is not null) execute function log_tick();
  create table switched_off (frequency_id bigint, at timestamptz);
  create function log_switch() returns trigger language plpgsql as $$ begin
    insert into switched_off values (new.id, clock_timestamp()); return new; end $$;
  create trigger log_switch after update of active on frequencies for each row
    when (old.active and not new.active) execute function log_switch();`;

/** Those that tick, or have; a frequency is switched off once at most. */
export async function readSpans(pool: pg.Pool): Promise<TickingSpan[]> {
  const { rows } = await pool.query<TickingSpan>(
    `select f.id::text, f.name, f.period_seconds * 1000 as "periodMs",
       ${milliseconds("f.effective_from")} as "fromMs",
       ${milliseconds("coalesce(s.at, clock_timestamp())")} as "untilMs"
     from frequencies f left join switched_off s on s.frequency_id = f.id
     where f.active or s.at is not null`,
  );
  return rows;
}

/** Daemons of 0.1.0 do not write what was missed; those are named `old`, and what else follows. */
export async function readTicks(pool: pg.Pool): Promise<RecordedTick[]> {
  type Same = Pick<RecordedTick, "runId" | "frequencyId" | "atMs" | "overlapped">;
  interface Row extends Same {
    count: number | null;
    firstMs: number;
    lastMs: number;
    daemon: string;
  }
  const { rows } = await pool.query<Row>(
    `select r.id::text as "runId", r.frequency_id::text as "frequencyId", ${milliseconds("r.tick_at")} as "atMs",
       (r.missed ->> 'count')::float8 as count,
       ${milliseconds("(r.missed ->> 'first')::timestamptz")} as "firstMs",
       ${milliseconds("(r.missed ->> 'last')::timestamptz")} as "lastMs",
       case when r.state = 'skipped' then substring(r.reason from '^run (\\d+)') end as overlapped,
       t.application_name as daemon
     from runs r join tick_recorders t on t.run_id = r.id`,
  );
  return rows.map(({ count, firstMs, lastMs, daemon, ...tick }) => {
    const told = count === null ? null : { count, firstMs, lastMs };
    return { ...tick, missed: daemon.startsWith("old") ? "untold" : told };
  });
}

function milliseconds(instant: string): string {
  return `(extract(epoch from ${instant}) * 1000)::float8`;
}
