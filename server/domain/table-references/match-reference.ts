/** A source's name taken apart. Parts that it does not name are null. */
export interface SplitReference {
  project: string | null;
  dataset: string | null;
  /** Without `$partition` and without a wildcard's star. */
  name: string;
  /** It stands for every table whose name begins with `name`. */
  isWildcard: boolean;
}

/** Null for INFORMATION_SCHEMA, and for what is no table's name. */
export function splitReference(
  source: string,
  defaultProject: string | null,
): SplitReference | null {
  const parts = source
    .trim()
    .replaceAll("`", "")
    .replace(/:(?=[^:]*$)/, domainColon)
    .split(".");
  // A project of a domain has dots of its own: `example.com:project.dataset.table`.
  const written = parts.pop() ?? "";
  const dataset = parts.pop() ?? null;
  const project = parts.length > 0 ? parts.join(".") : null;
  const table = written.replace(/[$@].*$/, "");
  const isWildcard = table.endsWith("*");
  const name = isWildcard ? table.slice(0, -1) : table;
  const isView = [dataset, written, ...parts].some((part) =>
    /^information_schema$/i.test(part ?? ""),
  );
  if (isView || (name === "" && !isWildcard) || dataset === "") return null;
  return {
    project: project ?? (dataset === null ? null : defaultProject),
    dataset,
    name,
    isWildcard,
  };
}

/** Legacy `project:dataset.table` gets a dot; the colon of `example.com:project` stays. */
function domainColon(colon: string, offset: number, source: string): string {
  return source.slice(0, offset).includes(".") ? colon : ".";
}

/** What a reference is matched against. */
export interface CataloguedTable {
  id: number;
  dataset: string;
  name: string;
}

/** Answers which catalogued tables a source stands for. */
export interface CatalogIndex {
  match(source: string): CataloguedTable[];
}

/**
 * Indexes the catalog of one project. Names of other projects match nothing; a name without a
 * dataset is looked up in `defaultDataset`, and matches nothing where there is none.
 */
export function indexCatalog(
  tables: Iterable<CataloguedTable>,
  options: { project: string; defaultDataset?: string | null },
): CatalogIndex {
  const datasets = new Map<string, Dataset>();
  for (const table of tables) {
    const dataset = datasets.get(table.dataset) ?? { byName: new Map(), sorted: null };
    datasets.set(table.dataset, dataset);
    dataset.byName.set(table.name, table);
  }
  return {
    match(source) {
      const split = splitReference(source, options.project);
      if (!split || (split.project !== null && split.project !== options.project)) return [];
      const dataset = datasets.get(split.dataset ?? options.defaultDataset ?? "");
      if (!dataset) return [];
      if (split.isWildcard) return tablesBeginningWith(dataset, split.name);
      const table = dataset.byName.get(split.name);
      return table ? [table] : [];
    },
  };
}

interface Dataset {
  byName: Map<string, CataloguedTable>;
  /** By name; made when the first wildcard asks. */
  sorted: CataloguedTable[] | null;
}

function tablesBeginningWith(dataset: Dataset, prefix: string): CataloguedTable[] {
  dataset.sorted ??= [...dataset.byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const { sorted } = dataset;
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.name ?? "") < prefix) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (sorted[end]?.name.startsWith(prefix)) end += 1;
  return sorted.slice(low, end);
}
