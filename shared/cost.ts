/** What jobs of one thing (a table, a person, a group, a frequency) billed over a span of days. */
export interface CostLine {
  name: string;
  bytesBilled: number;
  price: number;
  jobs: number;
  /** Of as many days before the span. */
  priceBefore: number;
}

/** By what costs are summed, beside the days. */
export const costDimensions = ["table", "user", "group", "frequency"] as const;
export type CostDimension = (typeof costDimensions)[number];

/** One thing alone: its costs by day, and by the other dimensions. */
export interface CostsOf {
  dimension: CostDimension;
  name: string;
}

/**
 * Each job is attributed to its table, to the frequency of its run, and to the person and group that
 * its labels name: who started the run, else the table's owner, and the table's group, as they were.
 */
export interface CostsSummary {
  /** UTC days, oldest first, without gaps. */
  perDay: { day: string; bytesBilled: number; price: number }[];
  byTable: CostLine[];
  byUser: CostLine[];
  byGroup: CostLine[];
  byFrequency: CostLine[];
  totalPrice: number;
  /** Of as many days before the span. */
  totalPriceBefore: number;
  /** The tables whose costs changed most against the span before, also those that cost nothing any more. */
  movers: CostLine[];
  /** Jobs that BigQuery has not shown the figures of: they are in no sum. */
  unreadJobs: number;
}

/** What the jobs of one table billed, its previews included. */
export interface TableCosts {
  /** UTC days, oldest first, without gaps. */
  perDay: CostsSummary["perDay"];
  totalPrice: number;
  jobs: number;
}
