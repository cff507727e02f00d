import type { Right } from "./rights.ts";
import type { World } from "./world.ts";

/** A call that really does something, and who may have it. */
export interface Call {
  right: Right;
  /** Makes the rows that it is about; absent: it is about none. */
  input?: (world: World) => Promise<unknown>;
  /** Of a plain route: its path, where that names rows that are there. */
  address?: (world: World) => Promise<string>;
  /** What is done, where the procedure is called in several ways. */
  what?: string;
  /** Of who has the right; 200 unless said. */
  status?: number;
  /** Of who is signed in and has it not; 403 unless said. */
  refusal?: number;
  /** A mutation that leaves nothing changed, and so nothing in the audit log. */
  changesNothing?: true;
  /** That it writes into the audit log; 1 unless said. */
  lines?: number;
}

const frequency = { periodSeconds: 3_600, active: false };

const tableById = async (world: World) => ({ id: await world.table() });
const fixed = (input: object) => async () => input;

/** By procedure: every one has a call here, at least. */
export const calls: Record<string, Call | Call[]> = {
  "audit.list": { right: "admin" },
  "audit.words": { right: "admin" },
  "costs.summary": { right: "read" },
  "databases.browse": { right: "write", input: async (w) => ({ id: w.databaseId }) },
  "databases.create": { right: "admin", input: async (w) => w.databaseInput() },
  "databases.list": { right: "read" },
  "databases.remove": { right: "admin", input: async (w) => ({ id: await w.database() }) },
  "databases.test": {
    right: "admin",
    input: async (w) => ({ id: w.databaseId }),
    changesNothing: true,
  },
  "databases.update": {
    right: "admin",
    input: async (w) => ({ id: await w.database(), ...w.databaseInput() }),
  },
  "datasets.list": { right: "read" },
  events: { right: "read" },
  "frequencies.byName": {
    right: "read",
    input: async (w) => {
      const name = w.name("frequency");
      await w.frequency(name);
      return { name };
    },
  },
  "frequencies.create": {
    right: "admin",
    input: async (w) => ({ ...frequency, name: w.name("frequency") }),
  },
  "frequencies.list": { right: "read" },
  "frequencies.preview": { right: "read", input: fixed({ periodSeconds: 3_600 }) },
  "frequencies.remove": { right: "admin", input: async (w) => ({ id: await w.frequency() }) },
  "frequencies.update": {
    right: "admin",
    input: async (w) => ({ id: await w.frequency(), ...frequency, name: w.name("frequency") }),
  },
  "git.plan": { right: "admin", status: 400 },
  "git.state": { right: "admin" },
  "git.sync": { right: "admin", status: 400, changesNothing: true },
  "groups.addMember": {
    right: "admin",
    input: async (w) => ({ id: await w.group(), userId: await w.user() }),
  },
  "groups.create": { right: "admin", input: async (w) => ({ name: w.name("group") }) },
  "groups.list": { right: "read" },
  "groups.remove": { right: "admin", input: async (w) => ({ id: await w.group() }) },
  "groups.removeMember": {
    right: "admin",
    input: async (w) => {
      const userId = await w.user();
      return { id: await w.group(userId), userId };
    },
  },
  "groups.rename": {
    right: "admin",
    input: async (w) => ({ id: await w.group(), name: w.name("group") }),
  },
  "groups.setChannel": {
    right: "admin",
    input: async (w) => ({ id: await w.group(), slackChannel: "team" }),
  },
  "history.query": { right: "read", input: fixed({ sql: "select count(*) from runs" }) },
  "jobs.list": { right: "read" },
  "lineage.graph": { right: "read" },
  "me.get": { right: "read" },
  "notifications.list": { right: "read" },
  "notifications.secret": { right: "tableGroup", input: tableById },
  "notifications.sendAgain": {
    right: "tableGroup",
    input: async (w) => ({ id: await w.notification() }),
  },
  "runs.cancel": { right: "runGroup", input: (w) => w.run("running") },
  "runs.compare": { right: "read", input: (w) => w.run("failed") },
  "runs.get": { right: "read", input: (w) => w.run("failed") },
  "runs.graph": { right: "read", input: (w) => w.run("failed") },
  "runs.list": { right: "read" },
  "runs.resume": { right: "runGroup", input: (w) => w.run("failed") },
  "runs.start": [
    {
      right: "tableGroup",
      what: "tables",
      input: async (w) => ({ kind: "tables", tableIds: [await w.table()] }),
    },
    {
      right: "anyGroup",
      what: "tables of two groups",
      input: async (w) => ({
        kind: "tables",
        tableIds: [await w.table(), await w.table({ groupId: w.otherGroupId })],
      }),
    },
    {
      right: "tableGroup",
      what: "a frequency that has a table of the group",
      input: async (w) => {
        const frequencyId = await w.frequency();
        await w.table({ frequencyId });
        await w.table({ frequencyId, groupId: null });
        return { kind: "frequency", frequencyId };
      },
    },
  ],
  "runs.tableRun": {
    right: "read",
    input: async (w) => ({ id: (await w.run("failed")).tableRunId }),
  },
  "schedulers.create": {
    right: "admin",
    input: async (w) => ({ specification: w.specification(w.label("fleet")) }),
  },
  "schedulers.get": { right: "admin", input: async (w) => ({ name: await w.scheduler() }) },
  "schedulers.list": { right: "admin" },
  "schedulers.occupancy": { right: "admin", input: async (w) => ({ name: await w.scheduler() }) },
  "schedulers.operations": { right: "admin", input: async (w) => ({ name: await w.scheduler() }) },
  "schedulers.remove": { right: "admin", input: async (w) => ({ name: await w.scheduler() }) },
  "schedulers.rollBack": {
    right: "admin",
    input: async (w) => ({ name: await w.changedScheduler(), version: "1.0" }),
  },
  "schedulers.rooms": { right: "admin", input: async (w) => ({ name: await w.scheduler() }) },
  "schedulers.scale": {
    right: "admin",
    input: async (w) => ({ name: await w.scheduler(), to: { replicas: 3 } }),
  },
  "schedulers.setImage": {
    right: "admin",
    input: async (w) => ({ name: await w.scheduler(), image: "acme/scorer:2" }),
  },
  "schedulers.setMin": {
    right: "admin",
    input: async (w) => ({ name: await w.scheduler(), min: 2 }),
  },
  "schedulers.update": {
    right: "admin",
    input: async (w) => {
      const name = await w.scheduler();
      return { name, specification: { ...w.specification(name), game: "analytics" } };
    },
  },
  "schedulers.versions": { right: "admin", input: async (w) => ({ name: await w.scheduler() }) },
  "settings.change": {
    right: "admin",
    input: fixed({ changes: { "costs.currency": "EUR" } }),
  },
  "settings.list": { right: "admin" },
  "settings.slack": { right: "admin" },
  "settings.testBigquery": { right: "admin", status: 500, changesNothing: true },
  "settings.testSlack": { right: "admin", status: 400, changesNothing: true },
  "system.demo": { right: "read" },
  "system.home": { right: "read" },
  "system.info": { right: "read" },
  // The tests' server has no PostgreSQL of its own to make the sample project's source in.
  "system.loadDemo": { right: "admin", status: 501, changesNothing: true },
  "tables.byName": {
    right: "read",
    input: async (w) => {
      const name = w.name("t");
      await w.table({ name });
      return { name: `d.${name}` };
    },
  },
  "tables.create": [
    {
      right: "tableGroup",
      what: "for the group",
      input: async (w) => ({ definition: w.definition() }),
    },
    {
      right: "anyGroup",
      what: "for a group of others",
      input: async (w) => ({ definition: w.definition({ groupId: await w.group() }) }),
    },
  ],
  "tables.dryRun": {
    right: "read",
    input: async (w) => ({ definition: w.definition() }),
  },
  "tables.export": {
    right: "tableGroup",
    input: async (w) => ({ id: await w.table({ exportDatabaseId: w.databaseId }) }),
  },
  "tables.extract": { right: "read", input: tableById },
  "tables.file": { right: "read", input: tableById },
  "tables.get": { right: "read", input: tableById },
  "tables.jobs": { right: "read", input: tableById },
  "tables.lineage": { right: "read", input: tableById },
  "tables.list": { right: "read" },
  "tables.names": { right: "read" },
  "tables.loadExternal": {
    right: "tableGroup",
    input: (w) => w.uploaded(),
    lines: 2,
  },
  "tables.plan": { right: "read", input: async (w) => ({ definition: w.definition() }) },
  "tables.planFiles": { right: "read", input: async (w) => ({ files: [w.file()] }) },
  "tables.preview": { right: "read", input: tableById },
  "tables.columns": { right: "read", input: fixed({ names: ["d.nothing"] }) },
  "tables.costs": { right: "read", input: tableById },
  "tables.query": {
    right: "tableGroup",
    // The tests' warehouse does not say that it is a SELECT.
    status: 400,
    changesNothing: true,
    input: async (w) => ({ definition: w.definition(), id: await w.table() }),
  },
  "tables.reimport": {
    right: "tableGroup",
    input: async (w) => ({ id: await w.importTable() }),
    lines: 2,
  },
  "tables.remove": { right: "tableGroup", input: tableById },
  "tables.restore": [
    {
      right: "tableGroup",
      what: "a version of the group",
      input: async (w) => ({ id: await w.table(), version: 1 }),
    },
    {
      right: "anyGroup",
      what: "a version of another group",
      input: async (w) => {
        const id = await w.table({ groupId: w.otherGroupId });
        await w.give(id, w.groupId);
        return { id, version: 1 };
      },
    },
  ],
  "tables.run": { right: "tableGroup", input: tableById },
  "tables.saveFile": [
    {
      right: "tableGroup",
      what: "for the group",
      input: async (w) => ({ file: w.file("owners"), version: null }),
    },
    {
      right: "anyGroup",
      what: "of another group",
      input: async (w) => {
        const name = w.name("t");
        await w.table({ name, groupId: w.otherGroupId });
        return { file: { ...w.file("owners"), name }, version: 1 };
      },
    },
  ],
  "tables.sheet": { right: "tableGroup", input: tableById },
  "tables.status": { right: "read", input: tableById },
  "tables.update": [
    {
      right: "tableGroup",
      what: "within the group",
      input: async (w) => ({ id: await w.table(), version: 1, definition: w.definition() }),
    },
    {
      right: "anyGroup",
      what: "to another group",
      input: async (w) => ({
        id: await w.table(),
        version: 1,
        definition: w.definition({ groupId: w.otherGroupId }),
      }),
    },
    {
      right: "anyGroup",
      what: "from another group",
      input: async (w) => ({
        id: await w.table({ groupId: w.otherGroupId }),
        version: 1,
        definition: w.definition(),
      }),
    },
    {
      right: "anyGroup",
      what: "to no group",
      input: async (w) => ({
        id: await w.table(),
        version: 1,
        definition: w.definition({ groupId: null }),
      }),
    },
  ],
  "tables.uploadUrl": {
    right: "tableGroup",
    input: async (w) => ({ id: await w.externalTable(), fileName: "a.csv" }),
    changesNothing: true,
  },
  "tables.versions": { right: "read", input: tableById },
  "tokens.approveLogin": { right: "person", input: async (w) => ({ code: await w.login() }) },
  "tokens.create": { right: "person", input: fixed({ name: "mine", scopes: ["read"] }) },
  "tokens.list": { right: "person" },
  "tokens.refuseLogin": { right: "person", input: async (w) => ({ code: await w.login() }) },
  "tokens.login": { right: "person", input: async (w) => ({ code: await w.login() }) },
  // Other people learn no more than that they have no such token.
  "tokens.revoke": {
    right: "holder",
    input: async (w) => ({ id: await w.token() }),
    refusal: 404,
  },
  "transfers.cancel": {
    right: "tableGroup",
    input: async (w) => ({ id: await w.transfer() }),
  },
  "transfers.get": { right: "read", input: async (w) => ({ id: await w.transfer() }) },
  "transfers.list": { right: "read" },
  "tokens.listAll": { right: "admin" },
  "tokens.revokeAny": { right: "admin", input: async (w) => ({ id: await w.token() }) },
  "users.disable": { right: "admin", input: async (w) => ({ id: await w.user() }) },
  "users.enable": {
    right: "admin",
    input: async (w) => ({ id: await w.user({ disabled: true }) }),
  },
  "users.list": { right: "admin" },
  "users.setAdmin": {
    right: "admin",
    input: async (w) => ({ id: await w.user(), isAdmin: true }),
  },
};

/** A scheduler of the name `:name` is not there, and nothing is sent: who has the right is told so. */
const ofNoScheduler: Call = { right: "admin", status: 404 };
const withoutBody: Call = { right: "admin", status: 422 };

/** A plain route by its method and its pattern; `perProcedure`: the calls above. */
export const routes: Record<string, Call | "perProcedure"> = {
  "GET /*": { right: "public" },
  "GET /api/auth/callback/google": { right: "public", status: 303 },
  // The tests' server has no OAuth client.
  "GET /api/auth/csrf": { right: "public", status: 501 },
  "GET /auth/state": { right: "public" },
  "GET /audit.csv": { right: "admin" },
  "GET /auth/token": { right: "public", status: 400 },
  "GET /healthz": { right: "public" },
  "GET /metrics": { right: "read" },
  "GET /py/maestro.py": { right: "read" },
  "GET /readyz": { right: "public" },
  "DELETE /scheduler/:name": ofNoScheduler,
  "GET /scheduler/:name": ofNoScheduler,
  "GET /scheduler/:name/status": ofNoScheduler,
  "GET /scheduler/:scheduler/rooms": ofNoScheduler,
  "GET /scheduler/:scheduler/rooms/:room/address": { right: "roomOrAdmin", status: 404 },
  "POST /scheduler": withoutBody,
  "POST /scheduler/:name/scale": withoutBody,
  "POST /scheduler/:scheduler/rooms/:room/playerevent": { right: "room" },
  "POST /scheduler/:scheduler/rooms/:room/roomevent": { right: "room" },
  "POST /scheduler/:scheduler/rooms/allocate": ofNoScheduler,
  "PUT /scheduler/:name": withoutBody,
  "PUT /scheduler/:name/image": withoutBody,
  "PUT /scheduler/:name/min": withoutBody,
  "PUT /scheduler/:scheduler/rooms/:room/ping": { right: "room" },
  "PUT /scheduler/:scheduler/rooms/:room/status": { right: "room" },
  "GET /table/:id": { right: "read", address: async (w) => `/table/${await w.table()}` },
  // The tests' warehouse has no tables.
  "GET /table/:id/bq_info": {
    right: "read",
    address: async (w) => `/table/${await w.table()}/bq_info`,
    status: 404,
  },
  "GET /table/:id/status": {
    right: "read",
    address: async (w) => `/table/${await w.table()}/status`,
  },
  "GET /table/:name/id": {
    right: "read",
    address: async (w) => {
      const name = w.name("t");
      await w.table({ name });
      return `/table/d.${name}/id`;
    },
  },
  "GET /trpc/:path": "perProcedure",
  "POST /api/auth/signin/google": { right: "public", status: 501 },
  "POST /git/webhook": { right: "public", status: 403 },
  "POST /auth/login": { right: "public", status: 400 },
  "POST /auth/login/claim": { right: "public", status: 400 },
  "POST /auth/setup": { right: "public", status: 400 },
  "POST /table/:id/load_external": {
    right: "tableGroup",
    address: async (w) => {
      const { id, objects } = await w.uploaded();
      return `/table/${id}/load_external?fn=${objects[0]}`;
    },
  },
  "POST /trpc/:path": "perProcedure",
  // The last: it ends the sessions.
  "POST /auth/sign-out": { right: "public", status: 303 },
};
