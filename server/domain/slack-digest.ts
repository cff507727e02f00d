import type { DigestFacts } from "../../shared/slack.ts";
import { escapeSlack, slackLink } from "./slack-text.ts";
import { wallTime } from "./wall-clock.ts";

interface Digest {
  /** ISO instant. */
  until: string;
  timeZone: string;
  day: DigestFacts;
}

/** A day in a few lines. */
export function digestText({ until, timeZone, day }: Digest, publicUrl: string | null): string {
  const { year, month, day: date, hour } = wallTime(new Date(until), timeZone);
  const two = (number: number) => String(number).padStart(2, "0");
  const title = `The day up to ${year}-${two(month)}-${two(date)}, ${two(hour)}:00 ${timeZone}`;
  const failed = day.failedRuns.map(({ id, frequency, tablesFailed }) => {
    const of = frequency === null ? "started by hand" : `of ${escapeSlack(frequency)}`;
    const link = slackLink(publicUrl, `/runs/${id}`, `Run ${id}`);
    return `• ${link} ${of}: ${counted(tablesFailed, "table")} failed`;
  });
  const more = day.failed - day.failedRuns.length;
  return [
    `:calendar: *${slackLink(publicUrl, "/", title)}*`,
    `${counted(day.succeeded, "run")} succeeded, ${day.failed} failed, ${day.cancelled} were cancelled; ${counted(day.skippedTicks, "tick")} skipped, ${counted(day.late, "run")} late, ${day.running} running`,
    `${counted(day.tablesSucceeded, "table")} succeeded, ${day.tablesFailed} failed, ${day.tablesSkipped} were skipped for them`,
    `Cost: ${slackLink(publicUrl, "/costs", day.cost)}`,
    ...failed,
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join("\n");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
