import { readFile } from "node:fs/promises";
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from "fastify";
import { z } from "zod";
import { errorCodes, MaestroError } from "../../../shared/errors.ts";
import { keptText } from "../../../shared/text.ts";
import { assertMayWriteTable } from "../../services/access/assert-may-write-table.ts";
import { authorize } from "../../services/access/authorize.ts";
import type { Principal } from "../../services/access/principal.ts";
import { findTable } from "../../services/catalog/find-table.ts";
import { loadForClient } from "../../services/clients/load-for-client.ts";
import { statusForClient, tableForClient } from "../../services/clients/table-for-client.ts";
import { warehouseTableForClient } from "../../services/clients/warehouse-table-for-client.ts";
import type { Deps } from "../../services/deps.ts";
import { actorOf } from "../actor.ts";
import { knownError } from "../error-formatter.ts";
import { readInput } from "./read-input.ts";

/*
 * The API that programs and the Python client speak: tables by id or name in PascalCase JSON. What is
 * refused has `Error`, which such clients look at, with its remedy beside.
 */

const read: RouteShorthandOptions = { config: { policy: "read" } };
const write: RouteShorthandOptions = { config: { policy: "write" } };

const id = z.coerce
  .number({ error: "the id of a table is a whole number" })
  .pipe(z.int("the id of a table is a whole number").min(1));
const byId = z.object({ id });
const byName = z.object({ name: keptText().max(2_100) });
const names = z.string().trim().min(1);
const loadInput = z.object({
  fn: z.preprocess(
    (given) => (given === undefined ? given : [given].flat()),
    z.array(names, "fn names the uploaded file: the last part of its UploadURL"),
  ),
});

interface TableRoutesOptions {
  principalOf: (request: FastifyRequest) => Promise<Principal>;
  /** Its file. */
  pythonClient: string;
}

export async function serveTables(
  server: FastifyInstance,
  deps: Deps,
  { principalOf, pythonClient }: TableRoutesOptions,
): Promise<void> {
  await server.register(async (scope) => {
    answerErrors(scope, deps);
    readForms(scope);
    scope.get("/table/:id", read, async (request) => {
      const principal = authorize("read", await principalOf(request));
      return tableForClient(deps, readInput(byId, request.params).id, principal);
    });
    scope.get("/table/:name/id", read, async ({ params }) => ({
      Id: await findTable(deps, readInput(byName, params).name),
    }));
    scope.get("/table/:id/status", read, ({ params }) =>
      statusForClient(deps, readInput(byId, params).id),
    );
    scope.get("/table/:id/bq_info", read, ({ params }) =>
      warehouseTableForClient(deps, readInput(byId, params).id),
    );
    scope.post("/table/:id/load_external", write, async (request) => {
      const input = readInput(byId, request.params);
      const principal = authorize("write", await principalOf(request));
      await assertMayWriteTable(deps, principal, input);
      const { fn } = readInput(loadInput, {
        ...fieldsOf(request.query),
        ...fieldsOf(request.body),
      });
      return loadForClient(deps, { ...input, fileNames: fn }, actorOf(principal));
    });
    scope.get("/py/maestro.py", read, async (_request, reply) =>
      reply
        .type("text/x-python; charset=utf-8")
        .header("cache-control", "no-cache")
        .send(await readFile(pythonClient)),
    );
  });
}

function fieldsOf(given: unknown): object {
  return typeof given === "object" && given !== null ? given : {};
}

/** A field that is given several times is an array. */
function readForms(server: FastifyInstance): void {
  server.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    async (_request: FastifyRequest, body: string | Buffer) => {
      const fields = new URLSearchParams(String(body));
      return Object.fromEntries([...fields.keys()].map((name) => [name, fields.getAll(name)]));
    },
  );
}

function answerErrors(server: FastifyInstance, deps: Pick<Deps, "log">): void {
  server.setErrorHandler((error: unknown, request, reply) => {
    const known = knownError(error) ?? refusedByServer(error);
    const id = request.id;
    if (known === null) {
      deps.log.error({ err: error, requestId: id, url: request.routeOptions.url }, "http failed");
    }
    const code = known?.code ?? "internal";
    const { status, hint } = errorCodes[code];
    return reply.code(status).send({
      Id: null,
      Status: "error",
      Error: known?.message ?? `something failed inside Maestro; the log has it under ${id}`,
      Code: code,
      Hint: hint,
      Field: known?.field ?? null,
    });
  });
}

/** Fastify's own refusals: a body that is no form, or too large. */
function refusedByServer(error: unknown): MaestroError | null {
  if (!(error instanceof Error) || !("statusCode" in error) || Number(error.statusCode) >= 500) {
    return null;
  }
  const message =
    error.statusCode === 415
      ? "send the fields as application/x-www-form-urlencoded, such as fn=FILE"
      : error.message;
  return new MaestroError("invalidInput", message);
}
