import type { AwaitedTick, Reason, RunListItem } from "../../shared/run.ts";
import { andMore } from "../../shared/text.ts";
import type { DrawnIn } from "./drawn-in.ts";
import { lengthText, utcText } from "./words.ts";

export type RunOrigin = Pick<
  RunListItem,
  "kind" | "tickAt" | "frequencyId" | "frequencyName" | "startedBy" | "request" | "steering"
>;

/** Why a table takes part in its run; `drawnIn` where that is known of it. */
export function whyItRan(
  run: RunOrigin,
  asked: boolean | null,
  drawnIn: DrawnIn | undefined,
): Reason {
  const { request, tickAt, frequencyId } = run;
  const by = run.startedBy ?? "a person";
  if (run.kind === "tick" && tickAt !== null) {
    const frequency = frequencyId === null ? {} : { frequencyId };
    const text = `ran for the tick of ${utcText(tickAt)} of ${run.frequencyName}`;
    return { code: "tick", text, tickAt, ...frequency };
  }
  if (request?.cause === "upload") {
    return { code: "uploaded", text: `ran because ${by} uploaded files for it` };
  }
  if (request?.cause === "reimport") {
    return { code: "reimport", text: `ran because ${by} asked to import it whole` };
  }
  if (asked === false && request) {
    return { code: "drawnIn", text: `ran ${relation(request, drawnIn)}, which ${by} asked for` };
  }
  const what = run.frequencyName === null ? "it" : `the frequency ${run.frequencyName}`;
  return { code: "asked", text: `ran because ${by} asked for ${what}` };
}

function relation(
  request: NonNullable<RunListItem["request"]>,
  drawnIn: DrawnIn | undefined,
): string {
  if (drawnIn) return `as ${drawnIn.as === "ancestor" ? "an" : "a"} ${drawnIn.as} of ${drawnIn.of}`;
  const { tables, tableCount, withAncestors, withDescendants } = request;
  const what = andMore(tables[0] ?? "a table", tableCount, tables[1]);
  if (withAncestors && withDescendants) return `in the line of ${what}`;
  return withAncestors ? `as an ancestor of ${what}` : `as a descendant of ${what}`;
}

/** What a person calls short is not told: what begins within a second was not waited for. */
export const noticeableMs = 1_000;

export interface Timing {
  readyAt: string | null;
  startedAt: string | null;
  workedAt: string | null;
  kind: string;
  awaited: AwaitedTick[];
}

/** The resume that a table run was opened by again before it became ready. */
export function resumeBefore(
  { steering }: Pick<RunListItem, "steering">,
  readyAt: string | null,
): RunListItem["steering"][number] | undefined {
  return steering.findLast(
    ({ action, at }) => action === "resume" && (readyAt === null || at <= readyAt),
  );
}

/** The parent that ended last, where its end let the table run go, and no resume after it. */
export function lastParentOf<Parent extends { endedAt: string | null }>(
  run: Pick<RunListItem, "steering">,
  readyAt: string | null,
  parents: readonly Parent[],
): Parent | null {
  const since = resumeBefore(run, readyAt)?.at ?? "";
  let last: Parent | null = null;
  for (const parent of parents) {
    if (parent.endedAt !== null && parent.endedAt > (last?.endedAt ?? since)) last = parent;
  }
  const isCause =
    last !== null && readyAt !== null && msBetween(last.endedAt, readyAt) < noticeableMs;
  return isCause ? last : null;
}

/** The last thing that it waited for before it was worked off, as the end of a sentence. */
export function lastWait(timing: Timing, lastParent: { tableName: string } | null): string {
  const { readyAt, startedAt, workedAt } = timing;
  const outside = msBetween(startedAt, workedAt);
  if (timing.kind !== "summary" && outside > noticeableMs) {
    const what = timing.kind === "external" ? "its files" : "a room";
    return `waited last ${lengthText(outside)} for ${what}`;
  }
  const slot = msBetween(readyAt, startedAt);
  if (slot > noticeableMs) return `waited last ${lengthText(slot)} for its turn`;
  if (lastParent) return `waited last for ${lastParent.tableName}`;
  const [tick] = timing.awaited;
  if (tick)
    return `waited last for ${andMore(tick.tableName, timing.awaited.length)} of another frequency`;
  return "waited for nothing";
}

/** 0 where either is not known. */
export function msBetween(from: string | null, to: string | null): number {
  return from === null || to === null ? 0 : Date.parse(to) - Date.parse(from);
}
