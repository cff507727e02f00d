import type { LateReason, LateRunForSlack } from "../../shared/slack.ts";
import { escapeSlack, slackLink } from "./slack-text.ts";
import { lengthText, utcText } from "./words.ts";

const reasons: Record<LateReason, string> = {
  set: "as its frequency says",
  usual: "which is twice as long as such runs take",
  nextTick: "when the next tick came",
};

/** What there is to say of a run that is late, or was when it ended. */
export function lateRunText(
  run: LateRunForSlack,
  runId: number,
  due: { dueAt: string; why: LateReason } | null,
  publicUrl: string | null,
): string {
  const name = `*${slackLink(publicUrl, `/runs/${runId}`, `Run ${runId}`)}* of ${escapeSlack(run.frequency)}, ${run.tickAt},`;
  if (run.endedAt !== null) {
    const length = lengthText(Date.parse(run.endedAt) - Date.parse(run.tickAt));
    const end = run.state === "cancelled" ? "was cancelled" : run.state;
    return `:stopwatch: ${name} was late: it ${end} ${length} after its tick`;
  }
  const when = due ? `: it was to end at ${utcText(due.dueAt)}, ${reasons[due.why]}` : "";
  const running = run.runningTables.map(escapeSlack).join(", ");
  const now = running === "" ? "none runs now" : `now runs ${running}`;
  return `:stopwatch: ${name} is late${when}. ${run.done} of ${run.tables} tables are done, ${now}`;
}
