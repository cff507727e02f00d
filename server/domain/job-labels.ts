import type { TableDefinition } from "../../shared/table.ts";

/*
 * The labels of BigQuery's jobs: who and what a job's costs are for, in the billing export and in
 * INFORMATION_SCHEMA.JOBS. BigQuery's rules for values (cloud.google.com/bigquery/docs/labels-intro):
 * at most 63 characters and 128 bytes of lowercase letters, digits, `_` and `-`; letters of other
 * scripts are allowed too.
 */

/** The label that carries the configuration's hash, so that an adopted job can be compared. */
export const hashLabel = "maestro_config";

/** Empty ones are left out. */
export function buildLabels(input: {
  instanceId: string;
  /** Null for a preview, which is of no run. */
  runId: number | null;
  definition: Pick<TableDefinition, "dataset" | "name">;
  user: string | null;
  group: string | null;
  configurationHash: string;
}): Record<string, string> {
  const labels: Record<string, string | null> = {
    maestro_instance: input.instanceId,
    maestro_run: input.runId === null ? null : String(input.runId),
    maestro_table: `${input.definition.dataset}.${input.definition.name}`,
    maestro_user: input.user,
    maestro_group: input.group,
    [hashLabel]: input.configurationHash.slice(0, 40),
  };
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) =>
      value === null || value === "" ? [] : [[key, labelValue(value)]],
    ),
  );
}

const longest = 63;
const mostBytes = 128;

/**
 * Readable where the rules allow it: `.` as `-`, `@` as `_at_`, anything else as `_`. Two texts that
 * would read the same, or were cut, are told apart by a checksum at the end.
 */
function labelValue(text: string): string {
  const readable = text
    .toLowerCase()
    .replaceAll(".", "-")
    .replaceAll("@", "_at_")
    .replace(/[^\p{Ll}\p{Lo}\p{N}_-]/gu, "_");
  const readBack = readable.replaceAll("_at_", "@").replaceAll("-", ".");
  if (readBack === text && fits(readable, longest, mostBytes)) return readable;
  const sum = `-${checksum(text)}`;
  const kept = [...readable];
  while (!fits(kept.join(""), longest - sum.length, mostBytes - sum.length)) kept.pop();
  return kept.join("") + sum;
}

function fits(text: string, characters: number, bytes: number): boolean {
  return [...text].length <= characters && new TextEncoder().encode(text).length <= bytes;
}

/** FNV-1a, 32 bits: enough to tell the names of one installation apart. */
function checksum(text: string): string {
  let sum = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  }
  return sum.toString(16).padStart(8, "0");
}
