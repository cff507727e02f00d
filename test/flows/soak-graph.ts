import { insertCatalog, insertFrequency } from "../support/catalog.ts";
import type { EngineDeps } from "../support/engine-deps.ts";
import type { NullJob, NullWarehouse } from "../support/null-warehouse.ts";
import { insertSource } from "./played-people.ts";

/** Of one run: 45 tables, 5 of which are extracted besides. */
export const jobsOfRun = 50;

interface SoakTable {
  name: string;
  parents: string[];
  kind?: "import" | "external";
  extract?: boolean;
}

/**
 * Four imports, three uploads and eight queries; below them three levels that read three tables each of
 * the level above, and the first two of each level one of the other frequency's besides.
 */
function tablesOf(frequency: string, other: string, random: () => number): SoakTable[] {
  const widths = [15, 10, 10, 10];
  const nameAt = (level: number, index: number, of = frequency) => `${of}_${level}_${index}`;
  const kinds = [...Array(4).fill({ kind: "import" }), ...Array(3).fill({ kind: "external" })];
  return widths.flatMap((width, level) => {
    const above = widths[level - 1] ?? 0;
    const pick = (of = frequency) => nameAt(level - 1, Math.floor(random() * above), of);
    return Array.from({ length: width }, (_, index): SoakTable => {
      const name = nameAt(level, index);
      if (level === 0) return { name, parents: [], ...kinds[index] };
      const across = index < 2 ? [pick(other)] : [];
      const parents = [...new Set([pick(), pick(), pick(), ...across])];
      return level === 2 && index < 5 ? { name, parents, extract: true } : { name, parents };
    });
  });
}

/**
 * Two frequencies that tick every second and every two, each with its own tables, which read some of
 * the other's; not active yet. Their ids.
 */
export async function insertSoakCatalog(deps: EngineDeps, random: () => number): Promise<number[]> {
  const importDatabaseId = await insertSource(deps);
  const ids: number[] = [];
  for (const [name, other, periodSeconds] of [
    ["a", "b", 1],
    ["b", "a", 2],
  ] as const) {
    const id = await insertFrequency(deps.db, {
      active: false,
      periodSeconds,
      parentWaitSeconds: 600,
      effectiveFrom: new Date(),
    });
    const source = { importDatabaseId, importTable: "o", idColumn: "id" };
    await insertCatalog(
      deps.db,
      tablesOf(name, other, random).map((table) => ({
        ...table,
        ...(table.kind === "import" ? source : {}),
        frequencyId: id,
      })),
    );
    ids.push(id);
  }
  return ids;
}

/**
 * Two calls in a hundred are answered 503, one is answered 429 with the time after which to ask again,
 * two are carried out and cut off, and one job in a hundred meets a transient fault at its first
 * attempt. Answers the counts of them.
 */
export function injectFaults(
  warehouse: NullWarehouse,
  random: () => number,
): { answered503: number; answered429: number; cutOff: number; failedJobs: number } {
  const injected = { answered503: 0, answered429: 0, cutOff: 0, failedJobs: 0 };
  warehouse.intercept = ({ phase }) => {
    const draw = random();
    if (phase === "after") {
      if (draw >= 0.02) return null;
      injected.cutOff += 1;
      return "cut";
    }
    if (draw >= 0.03) return null;
    if (draw >= 0.02) {
      injected.answered429 += 1;
      return { status: 429, reason: "rateLimitExceeded", retryAfterSeconds: 1 };
    }
    injected.answered503 += 1;
    return { status: 503, reason: "backendError" };
  };
  warehouse.durationMs = () => 20 + random() * 400;
  warehouse.outcome = (job) => {
    const missing = missingFile(job, warehouse.objects);
    if (missing || !job.jobId.endsWith("_1") || random() >= 0.01) return missing;
    injected.failedJobs += 1;
    return { reason: "backendError", message: "try again" };
  };
  return injected;
}

/** A load that came twice, or too late, would find its file removed. */
export function missingFile({ configuration }: NullJob, objects: Map<string, number>) {
  const { sourceUris = [] } = (configuration["load"] ?? {}) as { sourceUris?: string[] };
  const missing = sourceUris.find((uri) => !objects.has(uri.replace("gs://test-bucket/", "")));
  return missing ? { reason: "notFound", message: `not found: ${missing}` } : null;
}
