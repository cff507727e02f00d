import type { Verdict } from "./googlesql-fixtures.ts";

/** What became of a file's queries. */
export interface Tally {
  equal: number;
  bothFail: number;
  refused: number;
  failed: number;
  /** The constructs that were refused. */
  constructs: Set<string>;
}

export const emptyTally = (): Tally => ({
  equal: 0,
  bothFail: 0,
  refused: 0,
  failed: 0,
  constructs: new Set(),
});

export function count(tally: Tally, verdict: Verdict): void {
  if (verdict.kind === "different") return;
  tally[verdict.kind]++;
  if (verdict.kind === "refused") tally.constructs.add(constructIn(verdict.message));
}

/** The construct's name in a refusal, without the place and the data. */
function constructIn(message: string): string {
  return message
    .replace("not supported by the local warehouse: ", "")
    .replace(/ at \[\d+:\d+\]/, "")
    .replace(/ of [-+]?[\d.]+(e[-+]?\d+)?$| of (nan|-?inf)$/, " of this number")
    .replaceAll(/\s+/g, " ")
    .slice(0, 90)
    .trim();
}

const familyOf = (file: string) => file.replace(".json", "").replaceAll("-", " ");

/** docs/local-cloud-sql.md, from the tallies by file. */
export function listText(tallies: ReadonlyMap<string, Tally>): string {
  const families = [...tallies].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const rows = families.map(
    ([file, t]) =>
      `| ${familyOf(file)} | ${t.equal} | ${t.bothFail} | ${t.refused} | ${t.failed} |`,
  );
  const lists = families
    .filter(([, tally]) => tally.constructs.size > 0)
    .map(([file, tally]) => {
      const items = [...tally.constructs]
        .sort()
        .map((name) => `- \`${name.replaceAll("`", "'")}\``);
      return `### ${familyOf(file)}\n\n${items.join("\n")}`;
    });
  return `${opening}\n${rows.join("\n")}\n\n## What is refused\n\n${lists.join("\n\n")}\n`;
}

const opening = `# The SQL of the local cloud

How the local warehouse answers the queries of \`test/fixtures/googlesql\`, held against GoogleSQL's reference implementation: rows, types, names, and the order where there is one. This page is written by \`node test/fixtures/googlesql/make-list.ts\` and tested to be up to date. No query is answered differently.

| Family | The same answer | Both fail | Refused by name | Fails without a name |
|---|---|---|---|---|`;
