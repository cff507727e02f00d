import { seededRandom } from "../support/statistics.ts";

/** One table of a made-up catalog: its SQL, and what that SQL truly reads. */
export interface GeneratedTable {
  dataset: string;
  name: string;
  sql: string;
  /** As written in the SQL, sorted. */
  sources: string[];
  /** The same query for Dataform: its references as `${ref(…)}`. */
  sqlx: string;
}

export interface GeneratedCatalog {
  tables: GeneratedTable[];
  /** Tables that are read and that no table of the catalog makes. */
  raw: { dataset: string; name: string }[];
}

interface Named {
  dataset: string;
  name: string;
}

const project = "northwind-analytics-prod";
const layers = ["staging", "core", "marts", "reports"];
const subjects =
  "orders customers payments refunds sessions pageviews products inventory shipments tickets campaigns invoices subscriptions ledgers returns coupons stores employees suppliers devices".split(
    " ",
  );
const measures = ["amount", "quantity", "discount", "tax", "weight", "duration_ms"];

/**
 * The same tables for the same seed and size. Shapes follow what teams keep in such catalogs:
 * staging tables over raw ones, common table expressions, joins of two to five parents, windows,
 * arrays unnested, subqueries, date-sharded wildcards, unions; comments and literals that hold
 * names of other tables; every way of quoting.
 */
export function generateCatalog(size: number, seed = 20_240_601): GeneratedCatalog {
  const random = seededRandom(seed);
  const raw = Array.from({ length: Math.max(20, Math.floor(size / 10)) }, (_, at) => ({
    dataset: `raw_${subjects[at % subjects.length]}`,
    name: `${subjects[(at * 7) % subjects.length]}_${at}`,
  }));
  const made: Named[] = [];
  const tables: GeneratedTable[] = [];
  for (let at = 0; at < size; at += 1) {
    const layer = layers[Math.floor((at / size) * layers.length)] ?? "reports";
    const table = { dataset: layer, name: `${subjects[at % subjects.length]}_${layer}_${at}` };
    const parents = pickParents(random, made, raw, layer);
    tables.push({ ...table, ...writeQuery(random, parents, raw) });
    made.push(table);
  }
  return { tables, raw };
}

/** Mostly recent tables, some hubs that much is made from. */
function pickParents(random: () => number, made: Named[], raw: Named[], layer: string): Named[] {
  const from = layer === "staging" || made.length === 0 ? raw : made;
  const count = layer === "staging" ? 1 + Math.floor(random() * 2) : 2 + Math.floor(random() * 4);
  const picked = new Map<string, Named>();
  for (let at = 0; at < count; at += 1) {
    const skew = random() < 0.3 ? random() ** 4 : 1 - random() ** 2 * 0.6;
    const parent = from[Math.min(from.length - 1, Math.floor(skew * from.length))];
    if (parent) picked.set(`${parent.dataset}.${parent.name}`, parent);
  }
  return [...picked.values()];
}

/** Writes the query twice: names as BigQuery reads them, and as Dataform's references. */
class Writer {
  readonly sources = new Set<string>();
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  /** A marker that both texts replace, so that they are equal elsewhere. */
  table({ dataset, name }: Named): string {
    const style = this.random();
    const short = `${dataset}.${name}`;
    const full = `${project}.${short}`;
    this.sources.add(style < 0.75 ? full : short);
    const bare = style < 0.55 ? `\`${full}\`` : style < 0.65 ? full : `\`${project}\`.${short}`;
    return `«${style < 0.75 ? bare : short}|${dataset}|${name}»`;
  }

  wildcard(dataset: string, prefix: string): string {
    this.sources.add(`${project}.${dataset}.${prefix}*`);
    return `\`${project}.${dataset}.${prefix}*\``;
  }
}

function writeQuery(random: () => number, parents: Named[], raw: Named[]) {
  const writer = new Writer(random);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const decoy = pick(raw);
  const text = [
    `-- Replaces ${decoy.dataset}.${decoy.name}; see SELECT * FROM legacy.${decoy.name}`,
    "WITH",
    ...parents.map((parent, at) => sourceBlock(random, writer, parent, at)),
    ...(random() < 0.15 ? [shardBlock(writer, pick(subjects))] : []),
    joinBlock(random, writer, parents, pick(measures)),
    "ranked AS (",
    "  SELECT *,",
    "    ROW_NUMBER() OVER (PARTITION BY entity_id ORDER BY event_date DESC, total DESC) AS position,",
    "    SUM(total) OVER (PARTITION BY entity_id ORDER BY event_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS total_7d",
    "  FROM joined",
    ")",
    "SELECT",
    `  r.*, '${decoy.dataset}.${decoy.name} FROM archive' AS lineage_note,`,
    "  CASE WHEN r.total > 1000 THEN 'high' WHEN r.total > 100 THEN 'medium' ELSE 'low' END AS band,",
    "  SAFE_DIVIDE(r.total, NULLIF(r.event_count, 0)) AS average,",
    "  ARRAY(SELECT AS STRUCT t.key, t.value FROM r.tags AS t WHERE t.value IS NOT NULL) AS tags_kept,",
    "  EXTRACT(ISOWEEK FROM r.event_date) AS week",
    "FROM ranked AS r, UNNEST(r.tags) AS tag WITH OFFSET AS tag_at",
    `WHERE r.position <= 10 /* not ${decoy.name} */ AND tag.key NOT IN ('internal', 'test')`,
  ].join("\n");
  const marker = /«([^|»]*)\|([^|»]*)\|([^»]*)»/g;
  return {
    sql: text.replace(marker, "$1"),
    sqlx: text.replace(marker, '${ref("$2", "$3")}'),
    sources: [...writer.sources].sort(),
  };
}

function sourceBlock(random: () => number, writer: Writer, parent: Named, at: number): string {
  const filter =
    random() < 0.4
      ? "event_date >= DATE_SUB(CURRENT_DATE('UTC'), INTERVAL 90 DAY)"
      : "status IS DISTINCT FROM 'deleted' AND NOT STARTS_WITH(entity_id, r'test\\_')";
  return [
    `source_${at} AS (`,
    "  SELECT",
    "    CAST(s.entity_id AS STRING) AS entity_id, DATE(s.created_at) AS event_date, s.status, s.tags,",
    ...measures.map(
      (measure) => `    COALESCE(SAFE_CAST(s.${measure} AS NUMERIC), 0) AS ${measure},`,
    ),
    `    ROW_NUMBER() OVER (PARTITION BY s.entity_id ORDER BY s.updated_at DESC) AS version`,
    `  FROM ${writer.table(parent)} AS s${random() < 0.3 ? ", s.lines AS line" : ""}`,
    `  WHERE ${filter}`,
    "  QUALIFY version = 1",
    "),",
  ].join("\n");
}

function shardBlock(writer: Writer, subject: string): string {
  return [
    "shards AS (",
    "  SELECT entity_id, COUNT(*) AS hits",
    `  FROM ${writer.wildcard("events", `${subject}_`)}`,
    "  WHERE _TABLE_SUFFIX BETWEEN '20240101' AND FORMAT_DATE('%Y%m%d', CURRENT_DATE())",
    "  GROUP BY entity_id",
    "),",
  ].join("\n");
}

function joinBlock(
  random: () => number,
  writer: Writer,
  parents: Named[],
  measure: string,
): string {
  const joins = parents.slice(1).map((_, at) => {
    const kind = random() < 0.6 ? "LEFT JOIN" : "JOIN";
    return `  ${kind} source_${at + 1} AS s${at + 1} ON s${at + 1}.entity_id = s0.entity_id AND s${at + 1}.event_date = s0.event_date`;
  });
  const parent = parents[Math.floor(random() * parents.length)];
  const exclusion =
    parent && random() < 0.35
      ? [
          `  WHERE s0.entity_id NOT IN (SELECT x.entity_id FROM ${writer.table(parent)} x WHERE x.banned)`,
        ]
      : [];
  return [
    "joined AS (",
    `  SELECT s0.entity_id, s0.event_date, ANY_VALUE(s0.tags) AS tags, SUM(s0.${measure}) AS total, COUNT(*) AS event_count`,
    "  FROM source_0 AS s0",
    ...joins,
    ...exclusion,
    "  GROUP BY s0.entity_id, s0.event_date",
    "),",
  ].join("\n");
}
