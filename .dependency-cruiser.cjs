/** The layer table: who may import whom. Everything else of ours is forbidden. */
const layers = {
  "^shared/": ["^shared/"],
  "^drizzle/": ["^drizzle/", "^shared/"],
  "^server/support/": ["^server/support/", "^shared/"],
  "^server/domain/": ["^server/domain/", "^shared/"],
  "^server/db/": ["^server/db/", "^server/support/", "^shared/", "^drizzle/schema/"],
  "^server/connectors/": [
    "^server/connectors/",
    "^server/support/",
    "^server/domain/table-references/",
    "^shared/",
  ],
  "^server/services/": [
    "^server/(services|connectors|db|domain|support)/",
    "^shared/",
    "^drizzle/schema/",
  ],
  "^server/daemon/": ["^server/(daemon|services|domain|support)/", "^shared/"],
  "^server/api/": ["^server/(api|services|support)/", "^shared/"],
  "^server/embedded/": ["^server/(embedded|support)/", "^shared/"],
  "^client/": ["^client/", "^shared/"],
};

const ours = "^(shared|drizzle|server|client)/";

module.exports = {
  forbidden: [
    { name: "no-cycle", severity: "error", from: {}, to: { circular: true } },
    ...Object.entries(layers).map(([from, allowed]) => ({
      name: `layer ${from}`,
      severity: "error",
      from: { path: from },
      to: {
        path: ours,
        pathNot: from === "^client/" ? [...allowed, "^server/api/router\\.ts$"] : allowed,
      },
    })),
    {
      name: "client takes types alone from the server",
      severity: "error",
      from: { path: "^client/" },
      to: { path: "^server/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "domain is pure",
      severity: "error",
      from: { path: "^server/domain/" },
      to: { dependencyTypes: ["core", "npm"] },
    },
    {
      name: "vendors' SDKs live in connectors and embedded",
      severity: "error",
      from: { path: "^server/", pathNot: "^server/(connectors|embedded)/" },
      to: {
        path: "node_modules/(@google-cloud|@googleapis|mysql2|@slack|pgsql-ast-parser|@duckdb|@polyglot-sql|pg-copy-streams)",
      },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
