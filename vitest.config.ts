import { defineConfig } from "vitest/config";

export const base = {
  globalSetup: ["test/support/global-setup.ts"],
  pool: "forks" as const,
  // More than cores: most files wait for servers that start, stop and are killed.
  maxWorkers: 4,
  testTimeout: 60_000,
  hookTimeout: 120_000,
};

/** Their files leave nothing behind in a process, which reads the modules once for many of them. */
const together = ["config", "connectors", "docs", "domain", "services"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    ...base,
    provide: { transferRounds: 1, mutations: 2_500 },
    projects: [
      { extends: true, test: { name: "together", include: together, isolate: false } },
      { extends: true, test: { name: "apart", include: ["test/**/*.test.ts"], exclude: together } },
    ],
  },
});
