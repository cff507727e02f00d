import { z } from "zod";
import type { JobView } from "../../../shared/job.ts";
import {
  type DryRunResult,
  type SavedTable,
  type TableDetail,
  type TableExtract,
  type TableListItem,
  type TablePlan,
  type TablePreview,
  type TableStatusView,
  type TableVersionView,
  tableDefinitionSchema,
  tableKinds,
  type UploadTarget,
} from "../../../shared/table.ts";
import { pending } from "../pending.ts";
import { procedure, router } from "../trpc.ts";
import { byId, limitOf, rowId } from "./inputs.ts";

export const tablesRouter = router({
  list: procedure("read")
    .input(
      z.object({
        kind: z.enum(tableKinds).optional(),
        search: z.string().max(200).optional(),
        limit: limitOf(100_000, 20_000),
      }),
    )
    .query(() => pending<TableListItem[]>()),
  get: procedure("read")
    .input(byId)
    .query(() => pending<TableDetail>()),
  byName: procedure("read")
    .input(z.object({ name: z.string() }))
    .query(() => pending<TableDetail>()),
  create: procedure("write")
    .input(z.object({ definition: tableDefinitionSchema }))
    .mutation(() => pending<SavedTable>()),
  update: procedure("writeTable")
    .input(byId.extend({ version: z.int().min(1), definition: tableDefinitionSchema }))
    .mutation(() => pending<SavedTable>()),
  remove: procedure("writeTable")
    .input(byId)
    .mutation(() => pending<{ id: number }>()),
  versions: procedure("read")
    .input(byId)
    .query(() => pending<TableVersionView[]>()),
  restore: procedure("writeTable")
    .input(byId.extend({ version: z.int().min(1) }))
    .mutation(() => pending<SavedTable>()),
  dryRun: procedure("read")
    .input(z.object({ definition: tableDefinitionSchema, id: rowId.optional() }))
    .query(() => pending<DryRunResult & { priceUsd: number | null }>()),
  plan: procedure("read")
    .input(z.object({ definition: tableDefinitionSchema, id: rowId.optional() }))
    .query(() => pending<TablePlan>()),
  run: procedure("writeTable")
    .input(
      byId.extend({
        withAncestors: z.boolean().default(false),
        withDescendants: z.boolean().default(false),
      }),
    )
    .mutation(() => pending<{ runId: number }>()),
  reimport: procedure("writeTable")
    .input(byId)
    .mutation(() => pending<{ runId: number }>()),
  extract: procedure("read")
    .input(byId)
    .query(() => pending<TableExtract | null>()),
  jobs: procedure("read")
    .input(byId.extend({ limit: limitOf(1000, 50) }))
    .query(() => pending<JobView[]>()),
  preview: procedure("read")
    .input(byId.extend({ maxRows: limitOf(1000, 100) }))
    .query(() => pending<TablePreview | null>()),
  status: procedure("read")
    .input(byId)
    .query(() => pending<TableStatusView>()),
  lineage: procedure("read")
    .input(byId)
    .query(() => pending<import("../../../shared/lineage.ts").LineageGraph>()),
  uploadUrl: procedure("writeTable")
    .input(byId.extend({ fileName: z.string().min(1).max(200) }))
    .mutation(() => pending<UploadTarget>()),
  loadExternal: procedure("writeTable")
    .input(byId.extend({ objects: z.array(z.string().min(1).max(1024)).min(1).max(1000) }))
    .mutation(() => pending<{ runId: number | null }>()),
});
