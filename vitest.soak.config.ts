import { mergeConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** `npm run soak -- --transfers`: each place twenty times, in its middle somewhere else each time. */
export default mergeConfig(config, {
  test: {
    include: ["test/flows/transfers/*.test.ts"],
    testTimeout: 600_000,
    provide: { transferRounds: 20 },
  },
});
