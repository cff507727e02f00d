/** BigQuery's limit for each of a dataset's and a table's name, in bytes of UTF-8. */
const mostPartBytes = 1_024;
/** Both of them, and a project with its domain; what an index of PostgreSQL can hold as well. */
const mostBytes = 2_200;
const shownCharacters = 60;

interface Layers {
  ast: string[] | null;
  scanner: string[];
  dryRun: string[] | null;
  manual: string[];
  ignored: string[];
}

/**
 * The layers without names that are longer than any table's, and a sentence for each of those: the
 * text of a query can be read so that a megabyte of it seems one name.
 */
export function withoutOverlong<L extends Layers>(layers: L): { layers: L; warnings: string[] } {
  const dropped = new Set<string>();
  const bounded = (names: string[]) =>
    names.filter((name) => {
      if (fits(name)) return true;
      dropped.add(name);
      return false;
    });
  const kept = {
    ...layers,
    ast: layers.ast && bounded(layers.ast),
    scanner: bounded(layers.scanner),
    dryRun: layers.dryRun && bounded(layers.dryRun),
    manual: bounded(layers.manual),
    ignored: bounded(layers.ignored),
  };
  const warnings = [...dropped].map(
    (name) =>
      `${name.slice(0, shownCharacters)}… (${name.length} characters) is longer than BigQuery lets a table's name be: it is no parent.`,
  );
  return { layers: kept, warnings };
}

function fits(name: string): boolean {
  if (name.length <= mostPartBytes / 3) return true;
  return (
    Buffer.byteLength(name) <= mostBytes &&
    name.split(".").every((part) => Buffer.byteLength(part) <= mostPartBytes)
  );
}
