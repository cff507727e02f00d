import { join } from "node:path";
import { pino } from "pino";
import { groups, userGroups, users } from "../../drizzle/schema/users.ts";
import {
  createHttpServer,
  type HttpServer,
  type HttpServerOptions,
} from "../../server/api/http-server.ts";
import type { ObjectStore } from "../../server/connectors/object-store.ts";
import { createSqlParser } from "../../server/connectors/sql-parser.ts";
import type { DryRunStatistics, Warehouse } from "../../server/connectors/warehouse.ts";
import { createChanges } from "../../server/db/changes.ts";
import { createDbClient } from "../../server/db/client.ts";
import { createToken } from "../../server/services/access/create-token.ts";
import { ensureLocalAdmin } from "../../server/services/access/ensure-local-admin.ts";
import type { Deps } from "../../server/services/deps.ts";
import { createSecretBox } from "../../server/support/crypto.ts";
import { MaestroError } from "../../shared/errors.ts";
import type { TokenScope } from "../../shared/user.ts";
import { createTestDatabase } from "../support/database.ts";
import { noClouds } from "../support/no-clouds.ts";
import { noGit } from "../support/no-git.ts";
import { noSheets } from "../support/no-sheets.ts";
import { noSlack } from "../support/no-slack.ts";
import { roomDeps } from "../support/room-deps.ts";

/** The warehouse as far as saving asks it: dry runs, answered or refused as a test says. */
export interface DryRunWarehouse {
  warehouse: Warehouse;
  answer(dryRun: (query: string) => Promise<Partial<DryRunStatistics>>): void;
}

function unasked(): never {
  throw new MaestroError("warehouse", "this test's warehouse answers dry runs alone");
}

export function createDryRunWarehouse(): DryRunWarehouse {
  let answer: (query: string) => Promise<Partial<DryRunStatistics>> = async () => {
    throw new MaestroError("warehouse", "the warehouse is away");
  };
  return {
    answer(next) {
      answer = next;
    },
    warehouse: {
      projectId: "our-project",
      location: "US",
      insertJob: unasked,
      getJob: unasked,
      awaitQuery: unasked,
      cancelJob: unasked,
      dryRun: async (query) => ({
        bytesProcessed: 0,
        schema: [],
        referencedTables: [],
        ...(await answer(query)),
      }),
      getTable: async () => null,
      describeTable: async () => null,
      readPage: unasked,
      preview: unasked,
      ensureDataset: unasked,
    },
  };
}

function createEmptyStore(): ObjectStore {
  return {
    bucket: "test-bucket",
    upload: unasked,
    download: () => Promise.reject(new Error("no contents here")),
    list: async () => [],
    listPage: async () => ({ objects: [], nextPageToken: null }),
    remove: async () => undefined,
    signedReadUrl: async (name) => `https://storage.test/${name}`,
    signedWriteUrl: async (name) => `https://storage.test/${name}`,
    ensureBucket: async () => undefined,
  };
}

export interface TestDeps extends DryRunWarehouse {
  deps: Deps;
  connectionString: string;
  close(): Promise<void>;
}

/** Deps over a PostgreSQL database of the test's own. */
export async function createTestDeps(): Promise<TestDeps> {
  const database = await createTestDatabase();
  const { connectionString } = database;
  const client = createDbClient({ connectionString, poolSize: 8, applicationName: "test" });
  const log = pino({ level: "silent" });
  const changes = createChanges(connectionString, log);
  const dryRuns = createDryRunWarehouse();
  const deps: Deps = {
    db: client.db,
    pool: client.pool,
    log,
    changes,
    warehouse: dryRuns.warehouse,
    objectStore: createEmptyStore(),
    sheets: noSheets,
    clouds: noClouds,
    slack: noSlack,
    git: noGit,
    sqlParser: createSqlParser(),
    secretBox: createSecretBox("a secret for tests"),
    givenSettings: {},
    now: () => new Date(),
    random: Math.random,
    instanceId: "test",
    processId: "test-process",
    limits: {
      concurrentTableRuns: 4,
      concurrentTableRunsPerRun: 4,
      exportMaxRows: 1_000_000,
      exportMaxBytes: 2 ** 30,
      importDividedFrom: 0,
      signedUrlSeconds: 3600,
      extractRetentionDays: 30,
      sheetRows: 200_000,
      sheetBytes: 20_000_000,
      runRetentionDays: 90,
    },
    ...roomDeps(client.db),
  };
  return {
    deps,
    connectionString,
    ...dryRuns,
    async close() {
      await deps.sqlParser.close();
      await changes.close();
      await client.close();
      await database.drop();
    },
  };
}

export interface TestServer {
  url: string;
  routes: HttpServer["routes"];
  close(): Promise<void>;
}

export async function startTestServer(
  deps: Deps,
  options: Partial<HttpServerOptions> = {},
): Promise<TestServer> {
  const server = await createHttpServer(deps, {
    facts: { version: "0.0.0-test" },
    webRoot: "/nowhere",
    pythonClient: join(import.meta.dirname, "../../python/maestro.py"),
    allowedHosts: "loopback",
    secureCookies: false,
    connectSources: [],
    ...options,
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return { url, routes: server.routes, close: () => server.close() };
}

/** A user with groups by name; made where they are not there. */
export async function addUser(
  deps: Deps,
  email: string,
  options: { isAdmin?: boolean; disabled?: boolean; groups?: string[] } = {},
): Promise<{ id: number; email: string; isAdmin: boolean; groupIds: number[] }> {
  const isAdmin = options.isAdmin ?? false;
  const [user] = await deps.db
    .insert(users)
    .values({ email, isAdmin, disabled: options.disabled ?? false })
    .returning({ id: users.id });
  const groupIds: number[] = [];
  for (const name of options.groups ?? []) {
    const [group] = await deps.db
      .insert(groups)
      .values({ name })
      .onConflictDoUpdate({ target: groups.name, set: { name } })
      .returning({ id: groups.id });
    await deps.db.insert(userGroups).values({ userId: user!.id, groupId: group!.id });
    groupIds.push(group!.id);
  }
  return { id: user!.id, email, isAdmin, groupIds };
}

export async function adminToken(deps: Deps, scopes: TokenScope[] = ["admin"]): Promise<string> {
  const admin = await ensureLocalAdmin(deps);
  return (await createToken(deps, admin, { name: "test", scopes, expiresDays: null })).token;
}

/** Calls a procedure over HTTP as any client could; queries by GET, mutations by POST. */
export async function call(
  server: TestServer,
  path: string,
  input: unknown,
  options: { method?: "GET" | "POST"; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: { result?: { data: unknown }; error?: CallError } }> {
  const { method = "GET", headers = {} } = options;
  const text = JSON.stringify(input ?? {});
  const url = `${server.url}/trpc/${path}`;
  const response = await fetch(
    method === "GET" ? `${url}?input=${encodeURIComponent(text)}` : url,
    method === "GET"
      ? { headers }
      : { method, headers: { "content-type": "application/json", ...headers }, body: text },
  );
  return { status: response.status, body: (await response.json()) as never };
}

export interface CallError {
  message: string;
  data: {
    code: string;
    httpStatus: number;
    hint: string;
    field: string | null;
    position: { line: number; column: number } | null;
  };
}

/** What a call that must have succeeded answered. */
export function dataOf<T>(answer: Awaited<ReturnType<typeof call>>): T {
  if (!answer.body.result) throw new Error(answer.body.error?.message ?? "no answer");
  return answer.body.result.data as T;
}
