import { expect, test } from "vitest";
import { splitSelect } from "../../server/domain/split-select.ts";

test.each([
  [
    "SELECT a, extract(day from b) AS d\nFROM s.t -- from here\nWHERE a = ' from x' LIMIT 10;",
    {
      select: "a, extract(day from b) AS d",
      from: "s.t -- from here",
      where: "a = ' from x'",
      limit: "10",
    },
  ],
  ['select "from", `where` from t', { select: '"from", `where`', from: "t", where: "", limit: "" }],
  [
    "select a from t where b in (1, 2) and c /* limit 3 */ is null",
    { select: "a", from: "t", where: "b in (1, 2) and c /* limit 3 */ is null", limit: "" },
  ],
])("the parts of %s are as they were written", (sql, parts) => {
  expect(splitSelect(sql)).toEqual(parts);
});
