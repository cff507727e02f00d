import type { FastifyInstance } from "fastify";
import { etagOf } from "../catalog.ts";
import { changeWarehouse } from "../change-warehouse.ts";
import type { WarehouseContext } from "../context.ts";
import { type RestDataType, type RoutineName, WarehouseError } from "../contract.ts";
import { type RoutineDocument, routineText } from "../documents.ts";
import { checkRoutineId } from "../run-routine-statement.ts";
import { checkEtag, page } from "./request-parts.ts";

interface DatasetParams {
  projectId: string;
  datasetId: string;
}
type Body = Record<string, unknown> | null | undefined;

const root = "/bigquery/v2/projects/:projectId/datasets/:datasetId/routines";

/** routines.insert, get, list, update, delete. */
export function routineRoutes(app: FastifyInstance, context: WarehouseContext): void {
  const { catalog } = context;

  app.get<{ Params: DatasetParams; Querystring: Record<string, string> }>(
    root,
    ({ params, query }) => {
      catalog.requireDataset(params.projectId, params.datasetId);
      const all = catalog.routines(params.projectId, params.datasetId);
      const { items, nextPageToken } = page(all, query);
      return {
        ...(nextPageToken ? { nextPageToken } : {}),
        routines: items.map((document) => {
          const { definitionBody: _, arguments: __, ...summary } = routineResource(document);
          return summary;
        }),
      };
    },
  );

  app.post<{ Params: DatasetParams; Body: Body }>(root, async ({ params, body }) => {
    const reference = body?.["routineReference"] as { routineId?: string } | undefined;
    const name = { ...params, routineId: String(reference?.routineId ?? "") };
    const document = await changeWarehouse(context, [], (tx) => {
      tx.requireDataset(name.projectId, name.datasetId);
      if (tx.routine(name)) {
        throw new WarehouseError("duplicate", `Already Exists: Routine ${routineText(name)}`);
      }
      const now = tx.now.getTime();
      const created = { ...routineOf(name, body ?? {}), createdAt: now, modifiedAt: now };
      tx.setRoutine(name, created);
      return created;
    });
    return routineResource(document);
  });

  app.get<{ Params: RoutineName }>(`${root}/:routineId`, ({ params }) => {
    catalog.requireDataset(params.projectId, params.datasetId);
    return routineResource(required(catalog.routine(params), params));
  });

  app.put<{ Params: RoutineName; Body: Body }>(
    `${root}/:routineId`,
    async ({ params, body, headers }) => {
      const document = await changeWarehouse(context, [], (tx) => {
        const before = required(tx.routine(params), params);
        checkEtag(headers["if-match"], before);
        const changed = {
          ...routineOf(params, body ?? {}),
          createdAt: before.createdAt,
          modifiedAt: tx.now.getTime(),
        };
        tx.setRoutine(params, changed);
        return changed;
      });
      return routineResource(document);
    },
  );

  app.delete<{ Params: RoutineName }>(`${root}/:routineId`, async ({ params }, reply) => {
    await changeWarehouse(context, [], (tx) => {
      required(tx.routine(params), params);
      tx.setRoutine(params, null);
    });
    return reply.code(204).send();
  });
}

function required(document: RoutineDocument | undefined, name: RoutineName): RoutineDocument {
  if (document) return document;
  throw new WarehouseError("notFound", `Not found: Routine ${routineText(name)}`);
}

const routineTypes = ["SCALAR_FUNCTION", "TABLE_VALUED_FUNCTION", "PROCEDURE"] as const;
const languages = ["SQL", "JAVASCRIPT"] as const;
/** What the local warehouse would have to carry out and cannot. */
const refusedKeys = ["importedLibraries", "remoteFunctionOptions", "sparkOptions"];
const keptKeys = ["description", "strictMode", "dataGovernanceType", "securityMode"];

function routineOf(
  name: RoutineName,
  body: Record<string, unknown>,
): Omit<RoutineDocument, "createdAt" | "modifiedAt"> {
  checkRoutineId(name);
  for (const key of refusedKeys) {
    if (!body[key] || (Array.isArray(body[key]) && body[key].length === 0)) continue;
    throw new WarehouseError(
      "notImplemented",
      `not supported by the local warehouse: routines with ${key}`,
    );
  }
  const definitionBody = body["definitionBody"];
  if (typeof definitionBody !== "string" || definitionBody === "") {
    throw new WarehouseError("invalid", "Required parameter is missing: definitionBody");
  }
  const given = (body["arguments"] ?? []) as {
    name?: string;
    argumentKind?: string;
    mode?: string;
    dataType?: RestDataType;
  }[];
  const columns = body["returnTableType"] as
    | { columns?: { name: string; type: RestDataType }[] }
    | undefined;
  return {
    name,
    routineType: oneOf("routineType", body["routineType"], routineTypes),
    language: oneOf("language", body["language"] ?? "SQL", languages),
    arguments: given.map((argument) => ({
      name: String(argument.name ?? ""),
      type: argument.argumentKind === "ANY_TYPE" ? null : (argument.dataType ?? null),
      mode: argument.mode === "OUT" || argument.mode === "INOUT" ? argument.mode : "IN",
    })),
    returnType: (body["returnType"] as RestDataType | undefined) ?? null,
    returnColumns: columns?.columns ?? null,
    isDeterministic: body["determinismLevel"] === "DETERMINISTIC",
    definitionBody,
    properties: Object.fromEntries(
      keptKeys.filter((key) => body[key] !== undefined).map((key) => [key, body[key]]),
    ),
  };
}

function oneOf<T extends string>(key: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value);
  if (found) return found;
  throw new WarehouseError(
    "notImplemented",
    `not supported by the local warehouse: the ${key} ${String(value)}`,
  );
}

function routineResource(document: RoutineDocument) {
  const { name, routineType, language, returnType, returnColumns, properties } = document;
  return {
    etag: etagOf(document),
    routineReference: name,
    routineType,
    creationTime: String(document.createdAt),
    lastModifiedTime: String(document.modifiedAt),
    language,
    arguments: document.arguments.map(({ name: argument, type, mode }) => ({
      name: argument,
      ...(type ? { dataType: type } : { argumentKind: "ANY_TYPE" }),
      ...(routineType === "PROCEDURE" ? { mode } : {}),
    })),
    ...(returnType ? { returnType } : {}),
    ...(returnColumns ? { returnTableType: { columns: returnColumns } } : {}),
    ...(language === "JAVASCRIPT"
      ? { determinismLevel: document.isDeterministic ? "DETERMINISTIC" : "NOT_DETERMINISTIC" }
      : {}),
    definitionBody: document.definitionBody,
    ...properties,
  };
}
