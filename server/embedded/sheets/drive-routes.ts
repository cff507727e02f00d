import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { StorageError } from "../object-store/storage-error.ts";
import { partOf } from "./partial-response.ts";
import {
  notSupported,
  type Permission,
  refusal,
  refuseOthers,
  type SpreadsheetDocument,
} from "./spreadsheet-document.ts";
import type { SpreadsheetFiles } from "./spreadsheet-files.ts";

const spreadsheetType = "application/vnd.google-apps.spreadsheet";

interface FileBody {
  name?: string;
  mimeType?: string;
  appProperties?: Record<string, string>;
  parents?: string[];
  trashed?: boolean;
}
interface FileQuery {
  fields?: string;
  q?: string;
}
interface FileRequest {
  Params: { fileId: string };
  Querystring: FileQuery;
}

/** `/drive/v3`: the files that are spreadsheets, and who may read them. */
export function driveRoutes(
  app: FastifyInstance,
  files: SpreadsheetFiles,
  baseUrl: () => string,
): void {
  const show = (document: SpreadsheetDocument, fields: string | undefined) =>
    partOf(fileResource(document, baseUrl()), fields ?? "kind,id,name,mimeType");

  app.post<{ Body: FileBody; Querystring: FileQuery }>("/drive/v3/files", async (request) => {
    const body = request.body ?? {};
    refuseOthers("files", body, ["name", "mimeType", "appProperties", "parents"]);
    if (body.mimeType !== spreadsheetType) throw notSupported(`mimeType ${body.mimeType}`);
    checkProperties(body.appProperties ?? {});
    const document = await files.create({
      title: body.name ?? "Untitled",
      appProperties: body.appProperties ?? {},
      parents: body.parents ?? [],
    });
    return show(document, request.query.fields);
  });

  app.get<{ Querystring: FileQuery }>("/drive/v3/files", ({ query }) => {
    const matches = matcherOf(query.q ?? "");
    const found = files.all().filter(matches);
    return partOf(
      {
        kind: "drive#fileList",
        incompleteSearch: false,
        files: found.map((document) => fileResource(document, baseUrl())),
      },
      query.fields ?? "kind,incompleteSearch,files(kind,id,name,mimeType)",
    );
  });

  app.get<FileRequest>("/drive/v3/files/:fileId", ({ params, query }) =>
    show(files.require(params.fileId), query.fields),
  );

  app.patch<FileRequest & { Body: FileBody }>("/drive/v3/files/:fileId", async (request) => {
    const { name, trashed, ...others } = request.body ?? {};
    refuseOthers("files", others, []);
    const document = await files.change(request.params.fileId, (changed) => {
      if (name !== undefined) changed.title = name;
      if (trashed !== undefined) changed.trashed = trashed;
      return changed;
    });
    return show(document, request.query.fields);
  });

  app.delete<FileRequest>("/drive/v3/files/:fileId", async (request, reply) => {
    await files.remove(request.params.fileId);
    return reply.code(204).send();
  });

  permissionRoutes(app, files);

  app.all("/drive/*", ({ method, url }) => {
    throw notSupported(`${method} ${url}`);
  });
}

function permissionRoutes(app: FastifyInstance, files: SpreadsheetFiles): void {
  const path = "/drive/v3/files/:fileId/permissions";
  const kept = (permission: Permission) => ({ kind: "drive#permission", ...permission });

  app.get<FileRequest>(path, ({ params, query }) =>
    partOf(
      {
        kind: "drive#permissionList",
        permissions: files.require(params.fileId).permissions.map(kept),
      },
      query.fields ?? "kind,permissions(kind,id,type,role)",
    ),
  );

  app.post<FileRequest & { Body: Partial<Permission> }>(path, async ({ params, query, body }) => {
    const { type, role, emailAddress, ...others } = body ?? {};
    refuseOthers("permissions", others, []);
    if (type !== "user" && type !== "group") throw notSupported(`permissions.type ${type}`);
    if (role !== "reader" && role !== "writer") throw notSupported(`permissions.role ${role}`);
    if (!emailAddress) throw refusal("The emailAddress field is required.");
    const permission = await files.change(params.fileId, (document) => {
      const before = document.permissions.find((each) => each.emailAddress === emailAddress);
      const after = { id: before?.id ?? numericId(), type, role, emailAddress };
      document.permissions = [...document.permissions.filter((each) => each !== before), after];
      return after;
    });
    return partOf(kept(permission), query.fields ?? "kind,id,type,role");
  });

  app.delete<{ Params: { fileId: string; permissionId: string } }>(
    `${path}/:permissionId`,
    async ({ params }, reply) => {
      await files.change(params.fileId, (document) => {
        const rest = document.permissions.filter(({ id }) => id !== params.permissionId);
        if (rest.length === document.permissions.length) {
          throw new StorageError(404, "notFound", `Permission not found: ${params.permissionId}.`);
        }
        document.permissions = rest;
      });
      return reply.code(204).send();
    },
  );
}

function fileResource(document: SpreadsheetDocument, baseUrl: string) {
  return {
    kind: "drive#file",
    id: document.id,
    name: document.title,
    mimeType: spreadsheetType,
    trashed: document.trashed,
    createdTime: document.createdTime,
    modifiedTime: document.modifiedTime,
    appProperties: document.appProperties,
    parents: document.parents,
    webViewLink: `${baseUrl}/spreadsheets/d/${document.id}/edit`,
  };
}

/** Drive's limit: 124 bytes a property, key and value together. */
function checkProperties(properties: Record<string, string>): void {
  for (const [key, value] of Object.entries(properties)) {
    if (Buffer.byteLength(key + value) > 124) {
      throw refusal(`The property ${key} is too long: 124 bytes of key and value at most.`);
    }
  }
}

const clauses: [RegExp, (match: RegExpExecArray) => (document: SpreadsheetDocument) => boolean][] =
  [
    [
      /^appProperties has \{ ?key='([^'\\]*)' and value='([^'\\]*)' ?\}$/,
      ([, key = "", value]) =>
        (document) =>
          document.appProperties[key] === value,
    ],
    [
      /^trashed ?= ?(true|false)$/,
      ([, is]) =>
        (document) =>
          document.trashed === (is === "true"),
    ],
    [
      /^mimeType ?= ?'([^']*)'$/,
      ([, type]) =>
        () =>
          type === spreadsheetType,
    ],
  ];

/** The part of Drive's search language that asks for what carries a property and is not in the bin. */
function matcherOf(q: string): (document: SpreadsheetDocument) => boolean {
  const parts = q === "" ? [] : q.split(/ and (?![^{]*\})/);
  const conditions = parts.map((part) => {
    for (const [pattern, condition] of clauses) {
      const match = pattern.exec(part.trim());
      if (match) return condition(match);
    }
    throw notSupported(`the search ${part}`);
  });
  return (document) => conditions.every((holds) => holds(document));
}

function numericId(): string {
  return String(randomBytes(8).readBigUInt64BE());
}
