import type { RunListItem, StoryLine, TableRunView } from "../../shared/run.ts";
import type { StoryFacts, StoryJob, StoryTransfer } from "../../shared/story-facts.ts";
import { type TransferKind, transferNouns } from "../../shared/transfer.ts";
import type { DrawnIn } from "./drawn-in.ts";
import { msBetween, noticeableMs, resumeBefore, whyItRan } from "./why-it-ran.ts";
import { bytesText, lengthText, utcText } from "./words.ts";

export interface StorySubject {
  run: RunListItem;
  view: TableRunView;
  asked: boolean | null;
  drawnIn: DrawnIn | undefined;
  lastParentName: string | null;
  limits: { concurrentTableRuns: number; concurrentTableRunsPerRun: number };
}

/** All that happened to a table run, in the order in which it began. */
export function tellStory(subject: StorySubject, facts: StoryFacts): StoryLine[] {
  const lines = [
    ...runLines(subject),
    ...parentLines(subject),
    ...tickLines(subject, facts),
    ...turnLines(subject, facts),
    ...outsideLines(subject),
    ...facts.transfers.flatMap(transferLines),
    ...facts.jobs.map(jobLine),
  ];
  // Stable: what begins at one instant stays in the order of the steps.
  lines.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return [...lines, lastLine(subject, lines), ...removalLines(facts)];
}

function removalLines({ extractRemovedAt: at }: StoryFacts): StoryLine[] {
  if (at === null) return [];
  const text =
    "the files of its extract were deleted, since a newer one is there and their time is up";
  return [{ at, until: null, kind: "end", text }];
}

function runLines({ run, view, asked, drawnIn }: StorySubject): StoryLine[] {
  const why = whyItRan(run, asked, drawnIn).text.replace(/^ran /, "");
  const made = `run ${run.id} was made, and ${view.tableName} is in it ${why}`;
  const verbs = { cancel: "cancelled", resume: "resumed" };
  return [
    { at: run.createdAt, until: null, kind: "run", text: made },
    ...run.steering.map(
      ({ action, by, at }): StoryLine => ({
        at,
        until: null,
        kind: "run",
        text: `${by} ${verbs[action]} the run`,
      }),
    ),
  ];
}

/** Since when it could wait: the run's start, or its last resume before it was ready. */
function waitsSince({ run, view }: StorySubject): string {
  return resumeBefore(run, view.readyAt ?? view.endedAt)?.at ?? run.createdAt;
}

function parentLines(subject: StorySubject): StoryLine[] {
  const { view, lastParentName } = subject;
  const at = waitsSince(subject);
  const count = view.parentIds.length;
  if (view.readyAt === null) return [];
  if (count === 0) {
    const text = "had no parents in the run to wait for";
    return [{ at, until: null, kind: "wait", text }];
  }
  const parents = count === 1 ? "its parent" : `its ${count} parents`;
  if (lastParentName === null) {
    const text = `${parents} had succeeded already`;
    return [{ at, until: null, kind: "wait", text }];
  }
  const which = count === 1 ? "" : `: ${lastParentName} was the last`;
  const what = count === 1 ? lastParentName : parents;
  return [{ at, until: view.readyAt, kind: "wait", text: `waited for ${what}${which}` }];
}

function tickLines(subject: StorySubject, { ticks }: StoryFacts): StoryLine[] {
  const since = waitsSince(subject);
  return ticks.map((tick): StoryLine => {
    const which = `${tick.tableName}, the tick of ${utcText(tick.tickAt)} of ${tick.frequencyName}`;
    const named = tick.runId === null ? {} : { runId: tick.runId };
    const line = { at: since, until: tick.endedAt, kind: "wait" as const, ...named };
    if (tick.endedAt === null) return { ...line, text: `needs ${which}` };
    const isDone = tick.state === "succeeded";
    if (isDone && tick.endedAt <= since) {
      return { ...line, until: null, text: `needed ${which}: it was done already` };
    }
    return { ...line, text: `waited for ${which}${isDone ? "" : `: it ${tick.state}`}` };
  });
}

/** From ready to its start: another run of the same table, then a slot. */
function turnLines({ view, limits }: StorySubject, facts: StoryFacts): StoryLine[] {
  const { readyAt, startedAt } = view;
  if (readyAt === null) return [];
  const lines: StoryLine[] = [];
  let at = readyAt;
  for (const { runId, endedAt } of facts.others) {
    // What it waits for now is told last.
    if (endedAt === null) continue;
    const text = `waited for run ${runId}, which ran the same table`;
    lines.push({ at, until: endedAt, kind: "wait", text, runId });
    if (endedAt > at) at = endedAt;
  }
  if (startedAt === null || msBetween(at, startedAt) < noticeableMs) return lines;
  const { slotsBusy, runSlotsBusy } = facts;
  const { concurrentTableRuns: most, concurrentTableRunsPerRun: mostOfRun } = limits;
  const slots =
    runSlotsBusy >= mostOfRun
      ? `a free slot: the ${mostOfRun} of its run were busy`
      : slotsBusy >= most
        ? `a free slot: all ${most} were busy`
        : "a daemon to take it up";
  return [...lines, { at, until: startedAt, kind: "wait", text: `waited for ${slots}` }];
}

/** What it waited for before its first work: files that are uploaded, or a room that imports. */
function outsideLines({ view }: StorySubject): StoryLine[] {
  const { startedAt, workedAt } = view;
  if (startedAt === null || workedAt === null || view.kind === "summary") return [];
  if (msBetween(startedAt, workedAt) <= noticeableMs) return [];
  const what = view.kind === "external" ? "its files to be uploaded" : "a free room";
  return [{ at: startedAt, until: workedAt, kind: "wait", text: `waited for ${what}` }];
}

const deeds: Record<TransferKind, [past: string, present: string]> = {
  import: ["imported", "is importing"],
  export: ["exported", "is exporting"],
  sheet: ["wrote to its sheet", "is writing to its sheet"],
};

function transferLines(transfer: StoryTransfer): StoryLine[] {
  if (!transfer.startedAt) return [];
  const tries = transfer.attempt > 1 ? ` at the ${ordinal(transfer.attempt)} try` : "";
  const rows = rowsText(transfer.rows);
  const at = { at: transfer.startedAt, until: transfer.endedAt };
  const [past, present] = deeds[transfer.kind];
  if (transfer.state === "succeeded") {
    const why = anewNote(transfer);
    return [{ ...at, kind: "work", text: `${past} ${rows}${tries}${why}` }];
  }
  const ended = `its ${transferNouns[transfer.kind]} ${verbOf(transfer.state)}`;
  const end = transfer.endedAt === null ? present : ended;
  const fault = transfer.error === null ? "" : `: ${transfer.error}`;
  const kind = transfer.error === null ? "work" : "fault";
  return [{ ...at, kind, text: `${end}${tries}, ${rows} so far${fault}` }];
}

const anewReasons = {
  gone: "the table was not in BigQuery any more",
  moved: "the last import was into another project",
  condition: "a reimport condition held at the tick",
};

/** Why an import took all rows where an increment could be expected. */
function anewNote({ schemaChange, anew }: StoryTransfer): string {
  if (anew !== null) return `, all of them anew, since ${anewReasons[anew]}`;
  if (schemaChange === null) return "";
  const { text, keptAs } = schemaChange;
  const kept = keptAs === null ? "" : `; the table as it was is kept as ${keptAs}`;
  return `, all of them anew, since the columns of the source have changed (${text})${kept}`;
}

function jobLine(job: StoryJob): StoryLine {
  const { state, bqJobId } = job;
  const what = `${job.step} job, attempt ${job.attempt}`;
  const line = { at: job.createdAt, until: job.endedAt, bqJobId };
  if (state === "failed") {
    return {
      ...line,
      kind: "fault",
      text: `${what} failed: ${job.error ?? "no reason was given"}`,
    };
  }
  if (state === "pending" && !job.isSubmitted) {
    return { ...line, kind: "work", text: `${what} is about to be sent to BigQuery` };
  }
  if (job.endedAt === null) return { ...line, kind: "work", text: `${what} runs in BigQuery` };
  return {
    ...line,
    kind: "work",
    text: [`${what} ${verbOf(state)}`, ...figuresOf(job)].join(", "),
  };
}

/** As far as BigQuery has told them. */
function figuresOf({ bytesProcessed, bytesBilled, slotMs, cacheHit }: StoryJob) {
  return [
    ...(bytesProcessed === null ? [] : [`${bytesText(bytesProcessed)} processed`]),
    ...(bytesBilled === null ? [] : [`${bytesText(bytesBilled)} billed`]),
    ...(slotMs === null ? [] : [`${lengthText(slotMs)} of slots`]),
    ...(cacheHit ? ["from the cache"] : []),
  ];
}

/** Its end; or what it does or waits for now, since the last that happened. */
function lastLine({ view }: StorySubject, before: StoryLine[]): StoryLine {
  const { state, endedAt, reason } = view;
  if (endedAt === null) {
    const instants = before.map(({ at, until }) => until ?? at);
    const at = instants.toSorted().at(-1) ?? "";
    const kind = state === "running" && reason.code === "working" ? "work" : "wait";
    return { at, until: null, kind, text: `now: ${reason.text}` };
  }
  const took =
    view.startedAt === null ? "" : ` after ${lengthText(msBetween(view.startedAt, endedAt))}`;
  const rows = view.rowCount === null ? "" : `: ${rowsText(view.rowCount)}`;
  const text =
    state === "succeeded" ? `succeeded${took}${rows}` : `${verbOf(state)}${took}: ${reason.text}`;
  return { at: endedAt, until: null, kind: "end", text };
}

function verbOf(state: string): string {
  return state === "cancelled" || state === "skipped" ? `was ${state}` : state;
}

function ordinal(count: number): string {
  return ["", "first", "second", "third"][count] ?? `${count}th`;
}

function rowsText(count: number): string {
  return `${count.toLocaleString("en")} row${count === 1 ? "" : "s"}`;
}
