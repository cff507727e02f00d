import { z } from "zod";
import { tableDefinitionSchema, tableKinds } from "../../../shared/table.ts";
import { mostFiles, tableFileSchema } from "../../../shared/table-file.ts";
import { keptText } from "../../../shared/text.ts";
import { assertMayWriteTable } from "../../services/access/assert-may-write-table.ts";
import { assertMayWriteGroup } from "../../services/access/authorize.ts";
import { dryRunTable } from "../../services/catalog/dry-run-table.ts";
import { findTable } from "../../services/catalog/find-table.ts";
import { getStatus } from "../../services/catalog/get-status.ts";
import { getTable } from "../../services/catalog/get-table.ts";
import { listColumns } from "../../services/catalog/list-columns.ts";
import { listTableNames } from "../../services/catalog/list-table-names.ts";
import { listTables } from "../../services/catalog/list-tables.ts";
import { listVersions } from "../../services/catalog/list-versions.ts";
import { planTable } from "../../services/catalog/plan-table.ts";
import { previewQuery } from "../../services/catalog/preview-query.ts";
import { previewTable } from "../../services/catalog/preview-table.ts";
import { removeTable } from "../../services/catalog/remove-table.ts";
import { restoreVersion } from "../../services/catalog/restore-version.ts";
import { createTable, updateTable } from "../../services/catalog/save-table.ts";
import { tableCosts } from "../../services/costs/table-costs.ts";
import { getFile } from "../../services/files/get-file.ts";
import { planFiles } from "../../services/files/plan-files.ts";
import { saveFile } from "../../services/files/save-file.ts";
import { listJobs } from "../../services/jobs/list-jobs.ts";
import { loadLineage } from "../../services/lineage/load-lineage.ts";
import { deliverTable } from "../../services/runs/deliver-table.ts";
import { getExtract } from "../../services/runs/get-extract.ts";
import { issueUploadUrl } from "../../services/runs/issue-upload-url.ts";
import { loadExternal } from "../../services/runs/load-external.ts";
import { reimportTable } from "../../services/runs/reimport-table.ts";
import { startRun } from "../../services/runs/start-run.ts";
import { actorOf, fileRightsOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { byId, limitOf, rowId } from "./inputs.ts";

const definitionInput = z.object({ definition: tableDefinitionSchema });

export const tablesRouter = router({
  list: procedure("read")
    .input(
      z.object({
        kind: z.enum(tableKinds).optional(),
        search: keptText().max(200).optional(),
        /** Imported from it, or exported to it. */
        databaseId: rowId.optional(),
        limit: limitOf(100_000, 20_000),
      }),
    )
    .query(({ ctx, input }) => listTables(ctx.deps, input)),
  names: procedure("read").query(({ ctx }) => listTableNames(ctx.deps)),
  get: procedure("read")
    .input(byId)
    .query(({ ctx, input }) => getTable(ctx.deps, input.id, ctx.principal)),
  byName: procedure("read")
    .input(z.object({ name: keptText().max(2100) }))
    .query(async ({ ctx, input }) =>
      getTable(ctx.deps, await findTable(ctx.deps, input.name), ctx.principal),
    ),
  create: procedure("write")
    .input(definitionInput)
    .mutation(({ ctx, input }) => {
      const { principal } = ctx;
      // A table is its maker's first group's unless said otherwise, so that its costs have an owner.
      const groupId = input.definition.groupId ?? principal.user.groups[0]?.id ?? null;
      assertMayWriteGroup(principal, groupId);
      return createTable(ctx.deps, { ...input.definition, groupId }, actorOf(principal));
    }),
  update: procedure("writeTable")
    .input(byId.extend({ version: z.int().min(1), definition: tableDefinitionSchema }))
    .mutation(({ ctx, input }) => {
      assertMayWriteGroup(ctx.principal, input.definition.groupId);
      return updateTable(ctx.deps, input, actorOf(ctx.principal));
    }),
  remove: procedure("writeTable")
    .input(byId)
    .mutation(async ({ ctx, input }) => {
      await removeTable(ctx.deps, input.id, actorOf(ctx.principal));
      return { id: input.id };
    }),
  versions: procedure("read")
    .input(byId)
    .query(({ ctx, input }) => listVersions(ctx.deps, input.id)),
  restore: procedure("writeTable")
    .input(byId.extend({ version: z.int().min(1) }))
    .mutation(({ ctx, input }) =>
      restoreVersion(ctx.deps, input, actorOf(ctx.principal), (definition) =>
        assertMayWriteGroup(ctx.principal, definition.groupId),
      ),
    ),
  dryRun: procedure("read")
    .input(definitionInput.extend({ id: rowId.optional() }))
    .query(({ ctx, input }) => dryRunTable(ctx.deps, input.definition, input.id ?? null)),
  plan: procedure("read")
    .input(definitionInput.extend({ id: rowId.optional() }))
    .query(({ ctx, input }) => planTable(ctx.deps, input.definition, input.id ?? null)),
  file: procedure("read")
    .input(byId)
    .query(({ ctx, input }) => getFile(ctx.deps, input.id)),
  planFiles: procedure("read")
    .input(
      z.object({
        files: z.array(tableFileSchema).min(1).max(mostFiles),
        /** Whether BigQuery is asked what each change means for others. */
        withPlans: z.boolean().default(false),
      }),
    )
    .query(({ ctx, input: { files, withPlans } }) =>
      planFiles(ctx.deps, files, fileRightsOf(ctx.principal), { withPlans }),
    ),
  saveFile: procedure("write")
    .input(z.object({ file: tableFileSchema, version: z.int().min(1).nullable() }))
    .mutation(({ ctx, input }) =>
      saveFile(ctx.deps, input, actorOf(ctx.principal), fileRightsOf(ctx.principal)),
    ),
  /** Runs the SQL of a draft; whoever may save the draft may do it. */
  query: procedure("write")
    .input(
      definitionInput.extend({
        /** Of the saved table that it is a draft of. */
        id: rowId.optional(),
        maxRows: limitOf(10_000, 1000),
      }),
    )
    .mutation(async ({ ctx, input: { definition, id, maxRows }, signal }) => {
      const { deps, principal } = ctx;
      const groupId = definition.groupId ?? principal.user.groups[0]?.id ?? null;
      assertMayWriteGroup(principal, groupId);
      if (id !== undefined) await assertMayWriteTable(deps, principal, { id });
      const user = principal.user.email;
      return previewQuery(deps, { definition, id: id ?? null, user, groupId, maxRows, signal });
    }),
  /** By `dataset.name`; for completion. */
  columns: procedure("read")
    .input(z.object({ names: z.array(keptText().max(2100)).max(20) }))
    .query(({ ctx, input }) => listColumns(ctx.deps, input.names)),
  run: procedure("writeTable")
    .input(
      byId.extend({
        withAncestors: z.boolean().default(false),
        withDescendants: z.boolean().default(false),
      }),
    )
    .mutation(({ ctx, input: { id, ...selection } }) =>
      startRun(ctx.deps, { kind: "tables", tableIds: [id], ...selection }, actorOf(ctx.principal)),
    ),
  reimport: procedure("writeTable")
    .input(byId)
    .mutation(({ ctx, input }) => reimportTable(ctx.deps, input.id, actorOf(ctx.principal))),
  export: procedure("writeTable")
    .input(byId)
    .mutation(({ ctx, input }) =>
      deliverTable(ctx.deps, input.id, "export", actorOf(ctx.principal)),
    ),
  sheet: procedure("writeTable")
    .input(byId)
    .mutation(({ ctx, input }) =>
      deliverTable(ctx.deps, input.id, "sheet", actorOf(ctx.principal)),
    ),
  extract: procedure("read")
    .input(byId)
    .query(({ ctx, input }) => getExtract(ctx.deps, input.id)),
  jobs: procedure("read")
    .input(byId.extend({ limit: limitOf(1000, 50) }))
    .query(({ ctx, input }) => listJobs(ctx.deps, { tableId: input.id, limit: input.limit })),
  costs: procedure("read")
    .input(byId.extend({ days: z.int().min(1).max(366).default(30) }))
    .query(({ ctx, input }) => tableCosts(ctx.deps, input.id, input.days)),
  preview: procedure("read")
    .input(byId.extend({ maxRows: limitOf(1000, 100) }))
    .query(({ ctx, input }) => previewTable(ctx.deps, input.id, input.maxRows)),
  status: procedure("read")
    .input(byId)
    .query(({ ctx, input }) => getStatus(ctx.deps, input.id)),
  lineage: procedure("read")
    .input(byId)
    .query(({ ctx, input }) => loadLineage(ctx.deps, input.id)),
  uploadUrl: procedure("writeTable")
    .input(byId.extend({ fileName: keptText().min(1).max(200) }))
    .mutation(({ ctx, input }) => issueUploadUrl(ctx.deps, input)),
  loadExternal: procedure("writeTable")
    .input(byId.extend({ objects: z.array(keptText().min(1).max(1024)).min(1).max(1000) }))
    .mutation(({ ctx, input }) => loadExternal(ctx.deps, input, actorOf(ctx.principal))),
});
