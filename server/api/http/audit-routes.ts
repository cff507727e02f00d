import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { auditFilterSchema } from "../../../shared/audit.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { exportChanges } from "../../services/audit/export-changes.ts";
import type { Deps } from "../../services/deps.ts";

/** The audit log as a file to download, with the filters of the page as its query. */
export function serveAudit(server: FastifyInstance, deps: Pick<Deps, "db">): void {
  server.get("/audit.csv", { config: { policy: "admin" } }, async (request, reply) => {
    const parsed = auditFilterSchema.strict().safeParse(request.query);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const field = issue?.path.join(".") ?? "";
      const message = field === "" ? `${issue?.message}` : `${field}: ${issue?.message}`;
      throw new MaestroError("invalidInput", message, { field });
    }
    return reply
      .type("text/csv; charset=utf-8")
      .header("content-disposition", 'attachment; filename="maestro-audit.csv"')
      .header("cache-control", "no-store")
      .send(Readable.from(exportChanges(deps, parsed.data)));
  });
}
