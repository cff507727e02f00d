import { z } from "zod";
import { auditFilterSchema } from "../../../shared/audit.ts";
import { costDimensions } from "../../../shared/cost.ts";
import type { DemoStatus } from "../../../shared/demo.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { SystemInfo } from "../../../shared/system.ts";
import { keptText } from "../../../shared/text.ts";
import { listAuditWords, listChanges } from "../../services/audit/list-changes.ts";
import { recordChange } from "../../services/audit/record-change.ts";
import { listDatasets } from "../../services/catalog/list-datasets.ts";
import { readPrice } from "../../services/costs/read-price.ts";
import { summarizeCosts } from "../../services/costs/summarize-costs.ts";
import { demoStatus } from "../../services/demo/demo-status.ts";
import { loadDemo } from "../../services/demo/load-demo.ts";
import { loadLineage } from "../../services/lineage/load-lineage.ts";
import { readSettings } from "../../services/settings/read-settings.ts";
import { describeHome } from "../../services/system/describe-home.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { limitOf, rowId } from "./inputs.ts";

export const systemRouter = router({
  info: procedure("read").query(
    async ({ ctx }): Promise<SystemInfo> => ({
      ...ctx.facts,
      localCloud: ctx.deps.clouds.current()?.isLocal ?? false,
      projectId: ctx.deps.warehouse.projectId,
      location: ctx.deps.warehouse.location,
      instanceId: ctx.deps.instanceId,
      defaultDatasets:
        (await readSettings(ctx.deps, ["bigquery.datasets"]))["bigquery.datasets"] ?? [],
      ...(await readPrice(ctx.deps)),
    }),
  ),
  home: procedure("read").query(({ ctx }) => describeHome(ctx.deps)),
  demo: procedure("read").query(({ ctx }) => demoStatus(ctx.deps)),
  /** Answers as soon as it is under way; `demo` tells how far it is. */
  loadDemo: procedure("admin").mutation(async ({ ctx }): Promise<DemoStatus> => {
    const { deps, demoSourceUrl: sourceUrl, principal } = ctx;
    if (sourceUrl === null) {
      throw new MaestroError(
        "notSupported",
        "the sample project makes its source in Maestro's own PostgreSQL, and this server uses another: start Maestro without -db-connect to try it",
      );
    }
    await recordChange(deps.db, actorOf(principal), {
      action: "demo.load",
      subjectKind: "demo",
      subjectId: null,
    });
    const { status } = await loadDemo(deps, { adminUserId: principal.user.id, sourceUrl });
    return status;
  }),
});

export const lineageRouter = router({
  graph: procedure("read")
    .input(z.object({}).optional())
    .query(({ ctx }) => loadLineage(ctx.deps)),
});

export const datasetsRouter = router({
  list: procedure("read").query(({ ctx }) => listDatasets(ctx.deps)),
});

export const auditRouter = router({
  /** The next page has the changes before the last one's id. */
  list: procedure("admin")
    .input(auditFilterSchema.extend({ limit: limitOf(1000, 100), beforeId: rowId.optional() }))
    .query(({ ctx, input }) => listChanges(ctx.deps, input)),
  words: procedure("admin").query(({ ctx }) => listAuditWords(ctx.deps)),
});

export const costsRouter = router({
  summary: procedure("read")
    .input(
      z.object({
        days: z.int().min(1).max(366).default(30),
        /** One thing alone. */
        only: z
          .object({ dimension: z.enum(costDimensions), name: keptText().min(1).max(2100) })
          .optional(),
      }),
    )
    .query(({ ctx, input }) => summarizeCosts(ctx.deps, input.days, input.only)),
});
