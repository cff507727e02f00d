/** How far the sample project is loaded and run. */
export interface DemoStatus {
  state: "absent" | "loading" | "loaded" | "failed";
  stage: string;
  done: number;
  total: number;
  error: string | null;
  runId: number | null;
}
