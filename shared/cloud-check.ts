/** What was tried of BigQuery and Cloud Storage, in order. */
export interface CloudCheck {
  /** Nothing failed: warnings are of what not everybody needs. */
  ok: boolean;
  /** Where: `the project our-project in US, with maestro@our-project.iam.gserviceaccount.com`. */
  where: string;
  checks: CloudCheckStep[];
}

export interface CloudCheckStep {
  state: "ok" | "warning" | "failed";
  /** `run jobs in the project our-project`. */
  text: string;
  /** What Google said; null where it went well. */
  fault: string | null;
  /** What to do about it: a sentence, or a command for gcloud. */
  remedy: string | null;
}
