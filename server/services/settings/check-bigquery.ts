import { randomUUID } from "node:crypto";
import type { CloudCheck, CloudCheckStep } from "../../../shared/cloud-check.ts";
import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { CloudProbe } from "../../connectors/cloud-probe.ts";
import {
  cloudRemedy,
  isBucketNear,
  missingPermission,
  type Tried,
} from "../../domain/cloud-remedies.ts";
import { abortableWithin } from "../../support/abortable.ts";
import { scrubShapes } from "../../support/scrub.ts";
import { shorten } from "../../support/shorten.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "./read-settings.ts";

const stepMs = 30_000;

/**
 * Tries what Maestro does in BigQuery and Cloud Storage, one thing after the other, and says what is
 * refused, for want of what, and what to do. In a dataset and with an object of its own, which it
 * removes; in the default datasets with a table of its own.
 */
export async function checkBigquery(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings" | "clouds">,
): Promise<CloudCheck> {
  const probe = await deps.clouds.probe();
  const { "bigquery.datasets": datasets } = await readSettings(deps, ["bigquery.datasets"]);
  const { place } = probe;
  const account = await probe.account().catch(() => null);
  const trial = new Trial(probe, account);
  const name = place.isLocal ? "the local cloud" : `the project ${place.projectId}`;
  const isIn = await trial.try("signIn", `sign in${account === null ? "" : ` as ${account}`}`, () =>
    probe.signIn(),
  );
  if (isIn) {
    await checkJobs(trial, probe, datasets ?? []);
    await checkBucket(trial, probe);
  }
  return {
    ok: trial.checks.every(({ state }) => state === "ok" || state === "warning"),
    where: `${name} in ${place.location}, bucket ${place.bucket}${account === null ? "" : `, as ${account}`}`,
    checks: trial.checks,
  };
}

class Trial {
  readonly checks: CloudCheckStep[] = [];
  readonly #probe: CloudProbe;
  readonly #account: string | null;

  constructor(probe: CloudProbe, account: string | null) {
    this.#probe = probe;
    this.#account = account;
  }

  /** Whether it went well. */
  async try(
    tried: Tried,
    text: string,
    act: () => Promise<unknown>,
    options: { dataset?: string; isOptional?: boolean } = {},
  ): Promise<boolean> {
    const { dataset = null, isOptional = false } = options;
    try {
      await inTime(act());
      this.checks.push({ state: "ok", text, fault: null, remedy: null });
      return true;
    } catch (error) {
      const words = wordsOf(error);
      const { place } = this.#probe;
      const account = this.#account;
      const permission = missingPermission({ tried, words });
      const missing = permission === null ? "" : `${permission} is missing: `;
      this.checks.push({
        state: isOptional ? "warning" : "failed",
        text,
        fault: `${missing}${words}`,
        remedy: cloudRemedy({ tried, words, place, account, dataset }),
      });
      return false;
    }
  }

  say(state: CloudCheckStep["state"], text: string, fault: string | null, remedy: string | null) {
    this.checks.push({ state, text, fault, remedy });
  }
}

async function checkJobs(trial: Trial, probe: CloudProbe, datasets: string[]): Promise<void> {
  const project = probe.place.isLocal ? "the local cloud" : probe.place.projectId;
  const mayAsk = await trial.try("dryRun", `dry runs in ${project}`, () => probe.dryRun());
  if (!mayAsk) return;
  if (!(await trial.try("runQuery", `jobs in ${project}`, () => probe.runQuery(null)))) return;
  const named = await checkNamed(trial, probe, datasets);
  await checkOwnDataset(trial, probe, named);
}

/** Whether all of those that are named are there. */
async function checkNamed(trial: Trial, probe: CloudProbe, datasets: string[]): Promise<boolean> {
  const { location } = probe.place;
  let areThere = datasets.length > 0;
  for (const dataset of datasets) {
    let found: string | null = null;
    const text = `the dataset ${dataset}`;
    const find = async () => {
      found = await probe.datasetLocation(dataset);
    };
    if (!(await trial.try("findDataset", text, find, { dataset }))) continue;
    const [last] = trial.checks.splice(-1);
    if (found === null) {
      areThere = false;
      trial.say("warning", text, "it is not there yet", "The first run into it makes it");
    } else if (String(found).toUpperCase() !== location.toUpperCase()) {
      const remedy = `Set the Location to ${found}, or name another dataset: BigQuery never moves one, and runs no job over two locations`;
      trial.say("failed", text, `it is in ${found}, and jobs run in ${location}`, remedy);
    } else {
      if (last) trial.checks.push(last);
      await checkTable(trial, probe, dataset);
    }
  }
  return areThere;
}

async function checkTable(trial: Trial, probe: CloudProbe, dataset: string): Promise<void> {
  const table = `maestro_check_${randomUUID().slice(0, 8)}`;
  const into = { dataset, table };
  const write = () => probe.runQuery(into);
  if (!(await trial.try("writeDataset", `write a table into ${dataset}`, write, { dataset })))
    return;
  const read = () => probe.readTable(dataset, table);
  await trial.try("readDataset", `read a table of ${dataset}`, read, { dataset });
  const remove = () => probe.removeTable(dataset, table);
  await trial.try("writeDataset", `remove a table of ${dataset}`, remove, { dataset });
}

/** Datasets need not be made by Maestro, where those that it is to use are there. */
async function checkOwnDataset(trial: Trial, probe: CloudProbe, isOptional: boolean) {
  const dataset = `maestro_check_${randomUUID().slice(0, 8)}`;
  const make = () => probe.createDataset(dataset);
  if (!(await trial.try("createDataset", "make a dataset", make, { isOptional }))) return;
  await checkTable(trial, probe, dataset);
  const remove = () => probe.removeDataset(dataset);
  await trial.try("writeDataset", "remove the dataset again", remove, { dataset });
}

async function checkBucket(trial: Trial, probe: CloudProbe): Promise<void> {
  const { bucket, location } = probe.place;
  let at: string | null = null;
  const find = async () => {
    at = await probe.bucketLocation();
  };
  if (!(await trial.try("findBucket", `the bucket ${bucket}`, find))) return;
  if (at !== null && !isBucketNear(at, location)) {
    const text = `BigQuery loads from ${bucket}`;
    const remedy = `Name a bucket in ${location}: gcloud storage buckets create gs://NAME --location=${location} --uniform-bucket-level-access`;
    trial.say("failed", text, `it is in ${at}, and jobs run in ${location}`, remedy);
  }
  const name = `maestro-check/${randomUUID()}.txt`;
  const write = () => probe.writeObject(name);
  if (!(await trial.try("writeObject", `write a file into ${bucket}`, write))) return;
  await trial.try("listObjects", "list the files", () => probe.listObjects("maestro-check/"));
  if (await trial.try("readObject", "read the file", () => probe.readObject(name))) {
    await trial.try("signUrl", "sign a URL, by which anybody can fetch the file", () =>
      probe.fetchSigned(name),
    );
  }
  await trial.try("removeObject", "delete the file again", () => probe.removeObject(name));
}

function inTime<T>(promise: Promise<T>): Promise<T> {
  return abortableWithin(stepMs, promise, new AbortController().signal, () => {
    return new MaestroError("timeout", `no answer within ${stepMs / 1000} s`);
  });
}

/** Google's own, without the remedies that runs show. */
function wordsOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return shorten(scrubShapes(messageOf(cause instanceof Error ? cause : error)));
}
