interface ReasonMeaning {
  /** The states of table runs that it explains. */
  states: string[];
  meaning: string;
  /** What a person can do. */
  remedy: string;
}

/**
 * Every reason that a table run can have. A row explains why it waits, what it does, why it ran, or
 * how it came to its end; docs/runs.md shows this table.
 */
export const reasonCodes = {
  parentsPending: {
    states: ["waiting"],
    meaning: "Tables of its run that it is made from have not succeeded yet.",
    remedy: "Nothing: it starts with the success of the last of them. Look at the one named.",
  },
  parentTick: {
    states: ["waiting", "failed"],
    meaning:
      "It reads a table of another frequency, whose tick for the same time is not done; or which failed there, or was not made in time.",
    remedy:
      "Look at the run named, resume it if it failed, then resume this one; or let the frequency wait longer.",
  },
  tableBusy: {
    states: ["ready", "running"],
    meaning: "Another run has the same table under way, and no table is run by two at a time.",
    remedy: "Wait for the run named, or cancel it.",
  },
  runSlotsFull: {
    states: ["ready", "running"],
    meaning: "As many tables of its run are under way as one run may have at a time.",
    remedy: "Nothing, or raise CONCURRENT_TABLE_RUNS_PER_RUN.",
  },
  slotsFull: {
    states: ["ready", "running"],
    meaning: "As many tables of all runs are under way as there may be at a time.",
    remedy: "Nothing, or raise CONCURRENT_TABLE_RUNS.",
  },
  noDaemon: {
    states: ["ready", "running"],
    meaning: "No process that works off runs is connected to the database.",
    remedy: "Start maestro start or maestro worker, and look into its log if it does not stay.",
  },
  starting: {
    states: ["ready", "running"],
    meaning: "Nothing holds it: the next look of a daemon takes it up.",
    remedy: "Nothing; if it stays so for seconds, look into the daemon's log.",
  },
  waitingForUpload: {
    states: ["running"],
    meaning: "An external table waits for its files.",
    remedy: "Upload them, on the table's page or by the API, before its timeout.",
  },
  waitingForRoom: {
    states: ["running"],
    meaning: "Its import waits for a room that is free, or for the next try after a fault.",
    remedy: "Nothing, or start more rooms; the transfers page shows what they do.",
  },
  working: {
    states: ["running"],
    meaning: "Its step named is being done.",
    remedy: "Nothing.",
  },
  retrying: {
    states: ["running"],
    meaning: "BigQuery met a transient fault, and the job is tried again.",
    remedy: "Nothing: the table says how often it is tried.",
  },
  warehouseAway: {
    states: ["running"],
    meaning:
      "BigQuery does not answer about its job, which may go on there, or Cloud Storage about the files of its extract.",
    remedy:
      "Nothing: it is asked again, about a job until it answers, about files for some minutes.",
  },
  tick: {
    states: ["succeeded"],
    meaning: "It ran because its frequency ticked.",
    remedy: "Nothing.",
  },
  asked: {
    states: ["succeeded"],
    meaning: "It ran because a person asked for it, or for its frequency.",
    remedy: "Nothing.",
  },
  drawnIn: {
    states: ["succeeded"],
    meaning: "It ran as an ancestor or a descendant of a table that a person asked for.",
    remedy: "Nothing.",
  },
  resumed: {
    states: ["succeeded"],
    meaning: "It ran again, or at last, because a person resumed its run.",
    remedy: "Nothing.",
  },
  uploaded: {
    states: ["succeeded"],
    meaning: "It ran because files were uploaded for it.",
    remedy: "Nothing.",
  },
  reimport: {
    states: ["succeeded"],
    meaning: "It ran because a person asked to import it whole.",
    remedy: "Nothing.",
  },
  jobFailed: {
    states: ["failed"],
    meaning: "BigQuery refused or failed its job, in the words shown.",
    remedy: "Mend the SQL, the data or the rights named, then resume the run.",
  },
  extractUnlisted: {
    states: ["failed"],
    meaning:
      "Its extract was written, but Cloud Storage did not list the files, in the words shown.",
    remedy: "Mend the rights on the bucket, then resume the run: they are listed again.",
  },
  transferFailed: {
    states: ["failed"],
    meaning: "The import from its database failed, in the words shown.",
    remedy: "Mend the database, its credentials or the import named, then resume the run.",
  },
  uploadTimeout: {
    states: ["failed"],
    meaning: "No files were uploaded in the time that the external table waits.",
    remedy: "Upload them and resume the run, or give the table a longer timeout.",
  },
  internal: {
    states: ["failed"],
    meaning: "Maestro could not carry it out.",
    remedy: "Report it with the log's lines of this time.",
  },
  parentFailed: {
    states: ["skipped"],
    meaning: "A table that it is made from, over any number of steps, failed or was cancelled.",
    remedy: "Mend the table named, then resume the run: it runs what was skipped, too.",
  },
  conditionFalse: {
    states: ["skipped"],
    meaning: "The table's conditions kept it out of this tick; its children read its last version.",
    remedy: "Nothing, or change the conditions; a run by hand does not ask them.",
  },
  tableDeleted: {
    states: ["skipped"],
    meaning:
      "The table was deleted before the run was resumed; its children read its last version.",
    remedy: "Nothing.",
  },
  cancelled: {
    states: ["cancelled"],
    meaning: "A person cancelled the run, or the table's import.",
    remedy: "Resume the run to go on where it stopped.",
  },
} as const satisfies Record<string, ReasonMeaning>;

export type ReasonCode = keyof typeof reasonCodes;

/** What a person can do about it; null where there is nothing to do. */
export function remedyFor(code: ReasonCode): string | null {
  const { remedy } = reasonCodes[code];
  return remedy.startsWith("Nothing") ? null : remedy;
}
