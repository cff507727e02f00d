import { z } from "zod";
import type { AuditEntry } from "../../../shared/audit.ts";
import type { CostsSummary } from "../../../shared/cost.ts";
import type { DemoStatus } from "../../../shared/demo.ts";
import type { LineageGraph } from "../../../shared/lineage.ts";
import type { HomeView, SystemInfo } from "../../../shared/system.ts";
import type { DatasetView } from "../../../shared/table.ts";
import { pending } from "../pending.ts";
import { procedure, router } from "../trpc.ts";
import { limitOf } from "./inputs.ts";

export const systemRouter = router({
  info: procedure("read").query(
    ({ ctx }): SystemInfo => ({
      ...ctx.facts,
      projectId: ctx.deps.warehouse.projectId,
      location: ctx.deps.warehouse.location,
      instanceId: ctx.deps.instanceId,
      pricePerTib: ctx.deps.limits.pricePerTib,
    }),
  ),
  home: procedure("read").query(() => pending<HomeView>()),
  demo: procedure("read").query(() => pending<DemoStatus>()),
  loadDemo: procedure("admin").mutation(() => pending<DemoStatus>()),
});

export const lineageRouter = router({
  graph: procedure("read")
    .input(z.object({}).optional())
    .query(() => pending<LineageGraph>()),
});

export const datasetsRouter = router({
  list: procedure("read").query(() => pending<DatasetView[]>()),
});

export const auditRouter = router({
  list: procedure("admin")
    .input(z.object({ limit: limitOf(1000, 100) }))
    .query(() => pending<AuditEntry[]>()),
});

export const costsRouter = router({
  summary: procedure("read")
    .input(z.object({ days: z.int().min(1).max(366).default(30) }))
    .query(() => pending<CostsSummary>()),
});
