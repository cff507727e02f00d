import { defineConfig } from "vitest/config";
import { base } from "./vitest.config.ts";

/**
 * `npm run soak -- --transfers`: each place twenty times, in its middle somewhere else each time.
 * `npm run soak -- --mutations`: 20,000 spoilt queries against the local warehouse.
 */
export default defineConfig({
  test: {
    ...base,
    include: [
      "test/flows/transfers/*.test.ts",
      "test/embedded/warehouse-sql-survives-mutations.test.ts",
    ],
    testTimeout: 600_000,
    provide: { transferRounds: 20, mutations: 20_000 },
  },
});
