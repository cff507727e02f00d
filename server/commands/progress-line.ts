import type { RunDetail, TableRunView } from "../../shared/run.ts";
import { bytesText } from "../domain/words.ts";

/** Plain output tells how far a transfer is at each tenth. */
const milestonePercent = 10;

type Progress = NonNullable<TableRunView["progress"]>;

/**
 * How far the transfers of a run are, from one look at it to the next: a line for each tenth that one
 * has passed.
 */
export function createProgressLine(): (run: RunDetail) => string[] {
  const passed = new Map<number, number>();
  return (run) =>
    run.tableRuns.flatMap(({ id, state, tableName, progress }) => {
      if (state !== "running" || progress === null) return [];
      const tenth = tenthOf(progress);
      if (tenth === null || tenth <= (passed.get(id) ?? 0)) return [];
      passed.set(id, tenth);
      return [`… ${tableName}  ${amountText(progress)}`];
    });
}

function tenthOf({ rows, totalRows }: Progress): number | null {
  if (!totalRows) return null;
  // What a source expects is a guess: more may come.
  return Math.min(9, Math.floor((rows / totalRows) * (100 / milestonePercent)));
}

function amountText({ rows, bytes, totalRows }: Progress): string {
  const of = totalRows ? ` of about ${count(totalRows)}` : "";
  return `${count(rows)}${of} rows, ${bytesText(bytes)}`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
