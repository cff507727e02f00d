import type { CostDimension, CostsOf } from "../../../shared/cost.ts";

export const dimensionWords: Record<CostDimension, string> = {
  table: "table",
  user: "person",
  group: "group",
  frequency: "frequency",
};

/** The columns of the view `costs`. */
const columns: Record<CostDimension, string> = {
  table: "table_name",
  user: "person",
  group: "group_name",
  frequency: "frequency",
};

export function costsHref(days: number, only?: CostsOf): string {
  const { dimension, name } = only ?? {};
  const entries = Object.entries({ days: String(days), by: dimension, name });
  const given = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `/costs?${new URLSearchParams(given)}`;
}

/** The page on which the SQL can be changed and run. */
export function historyHref(sql: string): string {
  return `/history?${new URLSearchParams({ q: sql })}`;
}

export function daysSql(days: number, only?: CostsOf): string {
  return `SELECT day, sum(price) AS price, sum(bytes_billed) AS bytes_billed
FROM costs
WHERE ${within(days, only)}
GROUP BY day
ORDER BY day`;
}

export function linesSql(dimension: CostDimension, days: number, only?: CostsOf): string {
  const column = columns[dimension];
  return `SELECT ${column}, sum(jobs) AS jobs, sum(bytes_billed) AS bytes_billed, sum(price) AS price
FROM costs
WHERE ${within(days, only)}
GROUP BY ${column}
ORDER BY price DESC`;
}

export function moversSql(days: number, only?: CostsOf): string {
  return `WITH spans AS (
  SELECT table_name,
    CASE WHEN day > current_date - ${days} THEN price ELSE 0 END AS price_now,
    CASE WHEN day > current_date - ${days} THEN 0 ELSE price END AS price_before
  FROM costs
  WHERE ${within(2 * days, only)}
)
SELECT table_name, sum(price_now) AS price, sum(price_before) AS price_before
FROM spans
GROUP BY table_name
ORDER BY abs(sum(price_now) - sum(price_before)) DESC
LIMIT 10`;
}

function within(days: number, only: CostsOf | undefined): string {
  const span = `day > current_date - ${days}`;
  if (only === undefined) return span;
  return `${span} AND ${columns[only.dimension]} = '${only.name.replaceAll("'", "''")}'`;
}
