import type { JobResult } from "./context.ts";
import type { JobDocument } from "./job-resource.ts";

/** A job that has done what it was to do. */
export function finishedDocument(
  job: JobDocument,
  startTime: string,
  result: JobResult,
): JobDocument {
  const query = job.configuration["query"];
  const configuration =
    result.destinationTable && query
      ? { ...job.configuration, query: { ...query, destinationTable: result.destinationTable } }
      : job.configuration;
  return {
    ...job,
    configuration,
    statistics: {
      ...job.statistics,
      startTime,
      ...result.statistics,
      endTime: String(Date.now()),
    },
    outcome: { error: null, errors: result.errors ?? [] },
    ...(result.value === undefined ? {} : { value: result.value }),
    ...(result.lastResult ? { lastResult: result.lastResult } : {}),
  };
}
