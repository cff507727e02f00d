import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority } from "../support/certificates.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createDataDir, removeDataDir } from "../support/start-maestro.ts";
import { until } from "../support/until.ts";

/*
 * The roles as processes, told of a Sentry and a New Relic that are servers of this test. Tables that
 * raise an error full of secrets stand in for whatever may fail.
 */

const main = join(import.meta.dirname, "../../server/main.ts");
const licenseKey = "0123456789abcdef0123456789abcdef01234567";
const planted = ["a secret of words", "in-the-url", "maestro_aTokenOfSomebody", "plain-password"];
const raised = `it broke: ${planted[0]}, postgres://u:${planted[1]}@h/d, ${planted[2]}, password=${planted[3]}`;

let database: TestDatabase;
let dataDir: string;
/** What the endpoints were sent, by role. */
const toSentry: string[] = [];
const toNewRelic: string[] = [];
const servers: Server[] = [];
const roles: Record<"api" | "worker", { child: ChildProcess; output: string }> = {} as never;

const sentry: RequestListener = async (request, response) => {
  toSentry.push(await text(request));
  response.end("{}");
};
const newRelic: RequestListener = async (request, response) => {
  toNewRelic.push(`${request.url} ${await text(request)}`);
  const method = new URL(request.url ?? "", "https://here").searchParams.get("method");
  const host = `localhost:${portOf(servers[1])}`;
  const answers = { preconnect: { redirect_host: host }, connect: { agent_run_id: "1" } };
  const answer = answers[method as keyof typeof answers] ?? null;
  response.end(JSON.stringify({ return_value: answer }));
};

const portOf = (server: Server | undefined) => (server?.address() as AddressInfo | null)?.port;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await createDataDir();
  const authority = createAuthority("New Relic's");
  const { certificate: cert, key } = authority.issue("localhost", "DNS:localhost");
  servers.push(createServer(sentry), createTlsServer({ cert, key }, newRelic));
  for (const server of servers) {
    server.listen(0, "localhost");
    await once(server, "listening");
  }
  const [sentryPort, newRelicPort] = servers.map(portOf);
  const authorityFile = join(dataDir, "authority.pem");
  await writeFile(authorityFile, authority.certificate);
  const environment = {
    MAESTRO_DATA_DIR: dataDir,
    MAESTRO_SECRET: planted[0],
    MAESTRO_LOG_LEVEL: "debug",
    MAESTRO_DB_CONNECT: database.connectionString,
    MAESTRO_LOCAL_CLOUD_URL: "http://127.0.0.1:9",
    MAESTRO_SENTRY_URL: `http://sentrykey@localhost:${sentryPort}/1`,
    MAESTRO_NEWRELIC_KEY: licenseKey,
    MAESTRO_NEWRELIC_APP: "orchestra",
    NEW_RELIC_HOST: "localhost",
    NEW_RELIC_PORT: String(newRelicPort),
    NODE_EXTRA_CA_CERTS: authorityFile,
    // It asks the clouds for their machine's name otherwise.
    ...Object.fromEntries(
      ["AWS", "AZURE", "GCP", "PCF", "DOCKER", "KUBERNETES"].map((name) => [
        `NEW_RELIC_UTILIZATION_DETECT_${name}`,
        "false",
      ]),
    ),
  };
  for (const role of ["api", "worker"] as const) {
    const flags = role === "api" ? ["-listen", "127.0.0.1:0"] : [];
    const child = spawn(process.execPath, [main, role, ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    roles[role] = { child, output: "" };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (said) => {
        roles[role].output += String(said);
      });
    }
  }
});
afterAll(async () => {
  for (const { child } of Object.values(roles)) child.kill("SIGKILL");
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await removeDataDir(dataDir);
  await database.drop();
});

/** Whoever reads one of these tables from now on gets an error that tells secrets. */
async function trap(tables: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query(`create function raised() returns int language plpgsql as
    $$ begin raise exception '${raised}'; end $$`);
  for (const table of tables) {
    await client.query(`
      alter table ${table} rename to ${table}_away;
      create view ${table} as
        select away.* from raised() left join ${table}_away away on true`);
  }
  await client.end();
}

test("errors of the api and of the worker reach Sentry and New Relic, and no secret does", async () => {
  const { api, worker } = roles;
  await until("the api serves", () => /API runs at \S+/.test(api.output));
  const agentsStart = () =>
    toNewRelic.filter((each) => each.includes("method=connect")).length >= 2;
  await until("both agents are connected", agentsStart);
  await trap(["api_tokens", "frequencies"]);
  const url = /API runs at (\S+)/.exec(api.output)?.[1];
  const asked = await fetch(`${url}/audit.csv`, { headers: { "x-api-token": planted[2] ?? "" } });
  expect(asked.status).toBe(500);
  for (const role of ["api", "worker"]) {
    await until(`Sentry has an error of the ${role}`, () =>
      toSentry.some((each) => each.includes(`"role":"${role}"`) && each.includes("it broke")),
    );
  }
  for (const { child } of [api, worker]) child.kill("SIGTERM");
  await Promise.all([once(api.child, "close"), once(worker.child, "close")]);
  for (const role of ["api", "worker"]) {
    const errors = toNewRelic.filter((each) => /method=error_(event_)?data/.test(each));
    expect(errors.some((each) => each.includes(`"role":"${role}"`) && each.includes("broke"))).toBe(
      true,
    );
  }
  const sent = [...toSentry, ...toNewRelic];
  const told = (secret: string) =>
    sent.flatMap((each) => {
      const at = each.indexOf(secret);
      return at < 0 ? [] : [each.slice(Math.max(0, at - 300), at + 50)];
    });
  expect(planted.flatMap(told)).toEqual([]);
  expect(toNewRelic.join("\n")).toContain("orchestra");
  expect(api.output + worker.output).not.toContain(licenseKey);
});
