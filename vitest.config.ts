import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    pool: "forks",
    // More than cores: most files wait for servers that start, stop and are killed.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    provide: { transferRounds: 1, mutations: 2_500 },
  },
});
