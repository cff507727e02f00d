import type { RunListItem } from "./run.ts";
import { andMore } from "./text.ts";

/** What a run by hand was asked for, as `d.a and 2 more with ancestors`; empty for a tick. */
export function requestText({ request }: Pick<RunListItem, "request">): string {
  if (!request || request.tableCount === 0) return "";
  const { tables, tableCount, withAncestors, withDescendants } = request;
  const with_ = [withAncestors && "ancestors", withDescendants && "descendants"].filter(Boolean);
  const what = andMore(tables[0] ?? "", tableCount, tables[1]);
  return with_.length === 0 ? what : `${what} with ${with_.join(" and ")}`;
}
