import Fastify, { type FastifyInstance, type FastifyRequest, LogController } from "fastify";
import type { Log } from "../support/log.ts";
import { batchRoutes } from "./object-store/batch-routes.ts";
import type { ObjectFiles } from "./object-store/object-files.ts";
import { objectRoutes } from "./object-store/object-routes.ts";
import type { ResumableUploads } from "./object-store/resumable-uploads.ts";
import { signedRoutes } from "./object-store/signed-routes.ts";
import type { SigningKey } from "./object-store/signing-key.ts";
import { uploadRoutes } from "./object-store/upload-routes.ts";
import { driveRoutes } from "./sheets/drive-routes.ts";
import { sheetsRoutes } from "./sheets/sheets-routes.ts";
import type { SpreadsheetFiles } from "./sheets/spreadsheet-files.ts";
import { spreadsheetPages } from "./sheets/spreadsheet-page.ts";
import {
  answerBrokenHttp,
  bigQueryBodyLimit,
  bodyLimit,
  takeJson,
  takeStreams,
  takeText,
} from "./take-bodies.ts";
import type { Warehouse } from "./warehouse/open-warehouse.ts";
import { datasetRoutes } from "./warehouse/rest/dataset-routes.ts";
import { errorBody, sendError } from "./warehouse/rest/error-answer.ts";
import { jobRoutes } from "./warehouse/rest/job-routes.ts";
import { loadUploadRoutes } from "./warehouse/rest/load-upload-routes.ts";
import { queryRoutes } from "./warehouse/rest/query-routes.ts";
import { routineRoutes } from "./warehouse/rest/routine-routes.ts";
import { tableDataRoutes } from "./warehouse/rest/table-data-routes.ts";
import { tableRoutes } from "./warehouse/rest/table-routes.ts";

export interface CloudServer {
  app: FastifyInstance;
  /** Known when it listens; answers that name URLs need it. */
  setUrl(url: string): void;
  lastRequestAt(): number;
}

/** All routes of the local cloud. */
export function createCloudServer(options: {
  warehouse: Warehouse;
  objects: ObjectFiles;
  uploads: ResumableUploads;
  spreadsheets: SpreadsheetFiles;
  signingKey: SigningKey;
  host: string;
  log: Log;
}): CloudServer {
  const { warehouse, objects, uploads, spreadsheets, signingKey, log } = options;
  const { context, runner } = warehouse;
  let url = "";
  let lastRequestAt = Date.now();
  const baseUrl = () => url;
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    bodyLimit,
    clientErrorHandler: answerBrokenHttp,
    routerOptions: { maxParamLength: 4096 },
  }) as unknown as FastifyInstance;
  const touch = () => {
    lastRequestAt = Date.now();
  };
  commonHandlers(app, options.host, touch);
  void app.register((scope, _, done) => {
    refuseBrowsers(scope);
    takeJson(scope, bigQueryBodyLimit);
    jobRoutes(scope, context, runner, baseUrl);
    queryRoutes(scope, context, runner);
    datasetRoutes(scope, context, baseUrl);
    tableRoutes(scope, context, baseUrl);
    routineRoutes(scope, context);
    tableDataRoutes(scope, context);
    done();
  });
  void app.register((scope, _, done) => {
    refuseBrowsers(scope);
    takeJson(scope, bodyLimit);
    scope.post("/owner", () => ({ ok: true }));
    signingRoutes(scope, signingKey);
    objectRoutes(scope, objects, { location: context.location, baseUrl });
    driveRoutes(scope, spreadsheets, baseUrl);
    sheetsRoutes(scope, spreadsheets, baseUrl);
    spreadsheetPages(scope, spreadsheets);
    done();
  });
  void app.register((scope, _, done) => {
    refuseBrowsers(scope);
    takeStreams(scope);
    uploadRoutes(scope, objects, uploads, baseUrl);
    loadUploadRoutes(scope, context, { runner, uploads, baseUrl });
    done();
  });
  void app.register((scope, _, done) => {
    refuseBrowsers(scope);
    takeText(scope);
    batchRoutes(scope);
    done();
  });
  void app.register((scope, _, done) => {
    takeStreams(scope);
    signedRoutes(scope, { files: objects, uploads, key: signingKey, baseUrl });
    done();
  });
  return {
    app,
    setUrl: (address) => {
      url = address;
    },
    lastRequestAt: () => lastRequestAt,
  };
}

function commonHandlers(app: FastifyInstance, host: string, touch: () => void): void {
  app.addHook("onRequest", (request, reply, done) => {
    touch();
    if (isForThisHost(request, host)) done();
    else void reply.code(403).send(errorBody(403, "forbidden", "The Host header is not ours."));
  });
  app.addHook("onResponse", (_request, _reply, done) => {
    touch();
    done();
  });
  app.setErrorHandler((error, _request, reply) => sendError(reply, error));
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send(
        errorBody(
          404,
          "notFound",
          `${request.method} ${request.url} is not supported by the local cloud`,
        ),
      ),
  );
}

/** A web page that makes its own name point here gets nothing (DNS rebinding). */
function isForThisHost(request: FastifyRequest, listensOn: string): boolean {
  if (listensOn === "0.0.0.0" || listensOn === "::") return true;
  const { hostname } = request;
  const name = hostname.replace(/^\[|\]$/g, "");
  return ["localhost", "127.0.0.1", "::1", listensOn].includes(name);
}

/** Browsers send an Origin with what a page of another site asks for; Google's clients do not. */
function refuseBrowsers(scope: FastifyInstance): void {
  scope.addHook("onRequest", (request, reply, done) => {
    if (request.headers.origin === undefined) done();
    else void reply.code(403).send(errorBody(403, "forbidden", "Pages cannot call this API."));
  });
}

/** IAM's signBlob for the one service account there is. */
function signingRoutes(scope: FastifyInstance, key: SigningKey): void {
  scope.get("/signing-account", () => ({ email: key.clientEmail }));
  scope.post<{ Body: { payload?: string } | null }>("/signing-account/sign", (request) => ({
    signedBlob: key.sign(Buffer.from(request.body?.payload ?? "", "base64")),
  }));
}
