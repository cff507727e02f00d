import type { NotificationForSlack, RunForSlack } from "../../shared/slack.ts";
import { escapeSlack, slackLink } from "./slack-text.ts";

/** What became of it, in one line. */
export function runHeadline(run: RunForSlack, publicUrl: string | null, runId: number): string {
  const name = `*${slackLink(publicUrl, `/runs/${runId}`, `Run ${runId}`)}* ${whichRun(run)}`;
  const by = run.steeredBy === null ? "" : ` by ${escapeSlack(run.steeredBy)}`;
  switch (run.state) {
    case "failed":
      return `:red_circle: ${name} failed: ${failures(run)}`;
    case "running":
      return `:large_yellow_circle: ${name} failed, was resumed${by} and runs again`;
    case "cancelled":
      return `:white_circle: ${name} failed, and was cancelled${by}`;
    default:
      return `:large_green_circle: ${name} failed, was resumed${by} and succeeded`;
  }
}

export function tickSkippedText(run: RunForSlack, publicUrl: string | null, runId: number): string {
  const tick = slackLink(publicUrl, `/runs/${runId}`, `its tick of ${run.tickAt ?? "now"}`);
  const why = run.reason === null ? "" : `: ${escapeSlack(run.reason)}`;
  return `:fast_forward: *${escapeSlack(run.frequency ?? "a frequency")}*: ${tick} was skipped${why}`;
}

export function notToldText(one: NotificationForSlack, publicUrl: string | null): string {
  const name = slackLink(publicUrl, `/tables/${one.tableId}`, one.table);
  const attempts = one.attempts === 1 ? "an attempt" : `${one.attempts} attempts`;
  const why = escapeSlack(one.error ?? "nobody answered");
  return `:mailbox_closed: *${name}* was not told to ${escapeSlack(one.host)}, and was given up after ${attempts}: ${why}. What follows there is not told here again until it is taken; see its Notifications`;
}

function whichRun({ frequency, tickAt, startedBy }: RunForSlack): string {
  if (frequency !== null && tickAt !== null) return `of ${escapeSlack(frequency)}, ${tickAt},`;
  return startedBy === null ? "started by hand" : `started by ${escapeSlack(startedBy)}`;
}

function failures({ failed, skipped }: RunForSlack): string {
  const tables = failed === 1 ? "1 table failed" : `${failed} tables failed`;
  return skipped === 0 ? tables : `${tables}, ${skipped} were skipped for it`;
}
