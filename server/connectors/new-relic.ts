import { createRequire } from "node:module";
import { messageOf } from "../../shared/errors.ts";
import type { ErrorReports } from "../support/error-reports.ts";
import type { Scrub } from "../support/scrub.ts";

/** The part of the agent that is used; it brings no types of its own. */
interface Agent {
  noticeError(error: Error, attributes: Record<string, string | number | boolean>): void;
  shutdown(
    options: { collectPendingData: boolean; timeout: number; waitForIdle: boolean },
    done: () => void,
  ): void;
}

const require = createRequire(import.meta.url);

const farewellMs = 15_000;

/**
 * Starts New Relic's agent, which watches the process from then on: start it before what it is to
 * watch is loaded. It reads its configuration from the environment at loading alone, where other
 * `NEW_RELIC_` variables (a host, a proxy) hold too; the key is taken out again, so that no child has
 * it. The agent keeps no log of its own, and of requests neither headers nor parameters; what an error
 * says is an attribute of those that are reported here.
 */
export function startNewRelic(options: {
  app: string;
  key: string;
  role: string;
  scrub: Scrub;
  environment: NodeJS.ProcessEnv;
}): ErrorReports {
  const { environment, scrub } = options;
  const own = {
    NEW_RELIC_APP_NAME: options.app,
    NEW_RELIC_LICENSE_KEY: options.key,
    NEW_RELIC_NO_CONFIG_FILE: "true",
    NEW_RELIC_LOG_ENABLED: "false",
    NEW_RELIC_ATTRIBUTES_EXCLUDE: "request.headers.*,request.parameters.*",
    NEW_RELIC_LABELS: `role:${options.role}`,
    NEW_RELIC_APPLICATION_LOGGING_ENABLED: "false",
    NEW_RELIC_RECORD_SQL: "off",
    // The agent would notice errors by itself too, with all that they and their causes say.
    NEW_RELIC_STRIP_EXCEPTION_MESSAGES_ENABLED: "true",
    NEW_RELIC_INSTRUMENTATION_FASTIFY_ENABLED: "false",
  };
  Object.assign(environment, own);
  const agent = require("newrelic") as Agent;
  for (const name of Object.keys(own)) delete environment[name];
  return {
    report(error, message, facts) {
      const told = new Error(scrub(error === undefined ? message : messageOf(error)));
      if (error instanceof Error) {
        told.name = error.name;
        told.stack = scrub(error.stack ?? "");
      }
      const attributes = { ...primitives(facts), message, error: told.message, role: options.role };
      agent.noticeError(told, scrub(attributes));
    },
    close: () =>
      new Promise((resolve) => {
        agent.shutdown({ collectPendingData: true, waitForIdle: false, timeout: farewellMs }, () =>
          resolve(),
        );
        setTimeout(resolve, farewellMs).unref();
      }),
  };
}

function primitives(facts: Record<string, unknown>): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) =>
      ["string", "number", "boolean"].includes(typeof value)
        ? [[name, value as string | number | boolean]]
        : [],
    ),
  );
}
