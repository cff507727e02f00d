import { expect, test } from "vitest";
import { ownEnvironment } from "../../server/commands/start-worker.ts";
import { connectionStringOf, readConfig } from "../../server/config.ts";
import { describeConfig } from "../../server/config-effective.ts";

test("with nothing given it is the laptop's: loopback, embedded servers", () => {
  const config = readConfig({}, {});
  expect(config.listen).toEqual({ host: "localhost", port: 3000 });
  expect(config.dataDir).toBe(".maestro");
  expect(config["bigquery.project"]).toBeNull();
  expect(connectionStringOf(config)).toBeNull();
});

test("flags win over the environment, which wins over defaults", () => {
  const environment = { MAESTRO_LISTEN: "127.0.0.1:4000", MAESTRO_LOG_LEVEL: "debug" };
  const config = readConfig({ listen: ":5000" }, environment);
  expect(config.listen).toEqual({ host: "0.0.0.0", port: 5000 });
  expect(config.logLevel).toBe("debug");
});

test("one error names every fault, with the value, and masks secrets", () => {
  const faults = () =>
    readConfig(
      { listen: "nowhere", secret: "short" },
      {
        MAESTRO_EXTENSIONS_PG_POOLSIZE: "many",
        MAESTRO_EXTENSIONS_PG_HOST: "db",
        MAESTRO_CONCURRENT_TABLE_RUNS: "0",
        MAESTRO_BIGQUERY_PROJECT: "ours",
      },
    );
  expect(faults).toThrow(/-listen is "nowhere"/);
  expect(faults).toThrow(/MAESTRO_EXTENSIONS_PG_POOLSIZE is "many", allowed: a whole number/);
  expect(faults).toThrow(/MAESTRO_CONCURRENT_TABLE_RUNS is "0"/);
  expect(faults).toThrow(/-secret is \[hidden\], allowed: at least 8 characters/);
  expect(faults).toThrow(/MAESTRO_EXTENSIONS_PG_USER is missing/);
  expect(faults).toThrow(/MAESTRO_BIGQUERY_PROJECT is "ours", allowed: a project's ID/);
  expect(faults).not.toThrow(/short\b/);
});

test("a switch stands alone, lists have commas, and https needs the proxy that serves it", () => {
  const config = readConfig(
    { "force-ssl": "true" },
    { MAESTRO_TRUSTED_PROXIES: "10.0.0.0/8, ::1", MAESTRO_ALLOWED_HOSTS: "maestro.example" },
  );
  expect(config).toMatchObject({
    forceSsl: true,
    trustedProxies: ["10.0.0.0/8", "::1"],
    allowedHosts: ["maestro.example"],
  });
  expect(() => readConfig({ "force-ssl": "true" }, {})).toThrow(
    /MAESTRO_TRUSTED_PROXIES is missing/,
  );
  const network = {
    MAESTRO_TRUSTED_PROXIES: "10.0.0.7",
    MAESTRO_ALLOWED_HOSTS: "maestro.example",
    MAESTRO_FORCE_SSL: "true",
  };
  const at = (url: string) => () => readConfig({}, { ...network, MAESTRO_PUBLIC_URL: url });
  expect(at("https://maestro.example:8443")).not.toThrow();
  expect(at("http://maestro.example")).toThrow(/PUBLIC_URL: http:.* is plain http/);
  expect(at("https://other.example")).toThrow(/ALLOWED_HOSTS names maestro.example; add it there/);
  const wrong = {
    MAESTRO_FORCE_SSL: "perhaps",
    MAESTRO_TRUSTED_PROXIES: "proxy.example",
    MAESTRO_ALLOWED_HOSTS: "https://maestro.example",
  };
  for (const variable of Object.keys(wrong)) {
    expect(() => readConfig({}, wrong)).toThrow(new RegExp(`${variable} is ".*", allowed: `));
  }
});

test("a fault in one setting hides none of another, and names where it was given", () => {
  const faults = () =>
    readConfig(
      {},
      { MAESTRO_FORCE_SSL: "true", MAESTRO_TRUSTED_PROXIES: "nowhere!", MAESTRO_SECRET: "short" },
    );
  expect(faults).toThrow(/MAESTRO_TRUSTED_PROXIES is "nowhere!"/);
  expect(faults).toThrow(/MAESTRO_SECRET is \[hidden\], allowed: at least 8 characters/);
});

test("what holds is shown with where it is from, and secrets are not", () => {
  const environment = {
    MAESTRO_LISTEN: "127.0.0.1:4000",
    MAESTRO_LOG_LEVEL: "debug",
    MAESTRO_EXTENSIONS_PG_PASS: "hidden words",
  };
  const settings = describeConfig({ listen: ":5000" }, environment);
  const shown = Object.fromEntries(
    settings.map((one) => [one.variable, `${one.source}: ${one.shown}`]),
  );
  expect(shown).toMatchObject({
    MAESTRO_LISTEN: "flag: 0.0.0.0:5000",
    MAESTRO_LOG_LEVEL: "environment: debug",
    MAESTRO_EXTENSIONS_PG_PASS: "environment: [hidden]",
    MAESTRO_EXTENSIONS_PG_POOLSIZE: "default: 20",
    MAESTRO_EXTENSIONS_PG_HOST: "default: unset: embedded PostgreSQL",
  });
  expect(JSON.stringify(settings)).not.toContain("hidden words");
});

test("separate variables make one connection string, with odd characters escaped", () => {
  const config = readConfig(
    {},
    {
      MAESTRO_EXTENSIONS_PG_HOST: "db.example",
      MAESTRO_EXTENSIONS_PG_PORT: "6543",
      MAESTRO_EXTENSIONS_PG_USER: "a@b",
      MAESTRO_EXTENSIONS_PG_PASS: "p/w:d",
      MAESTRO_EXTENSIONS_PG_DATABASE: "maestro",
    },
  );
  expect(connectionStringOf(config)).toBe("postgresql://a%40b:p%2Fw%3Ad@db.example:6543/maestro");
});

test("rooms of a worker are told its settings, but not its log nor where it answers probes", () => {
  const environment = {
    MAESTRO_PINGTIMEOUT: "7",
    MAESTRO_LOGPATH: "/tmp/worker.log",
    // A room that answered there too would find the address taken, and end.
    MAESTRO_HEALTH_LISTEN: ":3001",
  };
  const told = ownEnvironment(readConfig({}, environment), environment);
  expect(told["MAESTRO_PINGTIMEOUT"]).toBe("7");
  expect(Object.keys(told).filter((name) => environment[name as keyof typeof environment])).toEqual(
    ["MAESTRO_PINGTIMEOUT"],
  );
});
