/** What every bench's `run` receives. */
export interface BenchOptions {
  /** `small` answers within a minute or two; `full` is what the published figures are for. */
  size: "small" | "full";
  /** Peers that are not installed may be fetched into the cache folder. */
  peers: boolean;
  /** Progress, to standard error: standard output belongs to the report. */
  log: (message: string) => void;
}
