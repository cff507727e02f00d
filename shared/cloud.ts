/** Where a run's jobs and files are. What opens the door to it, credentials, is no part of it. */
export interface CloudPlace {
  /** The embedded stand-ins, and not Google's own. */
  isLocal: boolean;
  projectId: string;
  /** Of jobs and of datasets that are made. */
  location: string;
  /** Of extracts and staged files. */
  bucket: string;
}
