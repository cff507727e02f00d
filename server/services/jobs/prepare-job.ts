import type { ClaimRow } from "../../db/claims.ts";
import type { NewJob } from "../../db/settlements.ts";
import { bqJobId, buildJobConfiguration, canonicalJson } from "../../domain/job-configuration.ts";
import { buildLabels } from "../../domain/job-labels.ts";
import { sha256 } from "../../support/crypto.ts";
import type { Deps } from "../deps.ts";
import { inCloud } from "../settings/in-cloud.ts";
import { describeLoad } from "../transfers/describe-load.ts";

/**
 * The row of the next attempt of a claimed table run's step: its id, and the configuration with its
 * labels exactly as it will be sent, now or by whoever takes over.
 */
export function prepareJob(
  deps: Pick<Deps, "warehouse" | "objectStore" | "clouds" | "instanceId">,
  claim: Omit<ClaimRow, "job">,
  attempt: number,
): NewJob {
  const { definition, step } = claim;
  const { warehouse, objectStore } = inCloud(deps, claim.cloud);
  const { bucket } = objectStore;
  const configuration = buildJobConfiguration(step, {
    definition,
    tableRunId: claim.id,
    attempt,
    projectId: warehouse.projectId,
    bucket,
    stagedObjects: claim.stagedObjects,
    tableSchema: claim.tableSchema ?? null,
    stagedLoad: claim.staged && describeLoad(bucket, claim.staged, definition),
  });
  // With the instant of its run: a database that was restored from a backup gives the same ids anew,
  // and must not take the jobs of another time for its own.
  const identity = { configuration, runCreatedAt: claim.runCreatedAt };
  const configurationHash = sha256(canonicalJson(identity)).toString("hex");
  const { instanceId } = deps;
  const labels = buildLabels({ ...claim, instanceId, configurationHash });
  return {
    tableRunId: claim.id,
    tableId: claim.tableId,
    step,
    attempt,
    bqJobId: bqJobId({ instanceId, tableRunId: claim.id, step, attempt }),
    configuration: { ...configuration, labels },
    configurationHash,
    user: claim.user ?? "",
    group: claim.group ?? "",
  };
}
