import { z } from "zod";

/** The longest that each month is, in a leap year. */
const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * When a table takes part in a run, in the frequency's time zone. Each list is a set of allowed
 * values; an empty list allows all. A table with several conditions takes part if any one holds.
 */
export const conditionSchema = z
  .object({
    /** 1 to 12. */
    months: listOf("months are", 1, 12),
    /** 0 (Sunday) to 6. */
    weekdays: listOf("weekdays are", 0, 6, ", from Sunday"),
    /** Days of the month, 1 to 31. */
    days: listOf("days of the month are", 1, 31),
    /** 0 to 23. */
    hours: listOf("hours are", 0, 23),
  })
  .superRefine(({ months, days }, context) => {
    if (hasDate(months, days)) return;
    const chosen = `${months.length === 1 ? "month" : "months"} ${months.join(", ")}`;
    const message = `no day ${days.join(" or ")} in ${chosen}, so it would never hold: choose other days or months`;
    context.addIssue({ code: "custom", path: ["days"], message });
  });

export type Condition = z.infer<typeof conditionSchema>;

function listOf(what: string, from: number, to: number, detail = "") {
  const range = `${what} whole numbers from ${from} to ${to}${detail}`;
  const error = ({ input }: { input?: unknown }) => `${range}; ${String(input)} is none`;
  const value = z.int({ error }).min(from, { error }).max(to, { error });
  const count = to - from + 1;
  return z.array(value).max(count, `${range}: name each once`).default([]);
}

/** Whether any of the months has any of the days. */
function hasDate(months: number[], days: number[]): boolean {
  if (months.length === 0 || days.length === 0) return true;
  return months.some((month) => days.some((day) => day <= (daysOfMonth[month - 1] ?? 31)));
}
