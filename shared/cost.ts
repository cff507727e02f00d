/** What jobs of one thing (a table, a person, a group, a frequency) billed over a span of days. */
export interface CostLine {
  name: string;
  bytesBilled: number;
  usd: number;
  jobs: number;
}

/** Each job is attributed to its table, and through it to the table's owner, group and frequency. */
export interface CostsSummary {
  /** UTC days, oldest first, without gaps. */
  perDay: { day: string; bytesBilled: number; usd: number }[];
  byTable: CostLine[];
  byUser: CostLine[];
  byGroup: CostLine[];
  byFrequency: CostLine[];
  totalUsd: number;
}
