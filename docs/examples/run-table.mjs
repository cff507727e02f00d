// Runs a table and waits for its end: node run-table.mjs sales.daily
// MAESTRO_URL and MAESTRO_TOKEN name the server; the token needs the scope write.
import { createMaestroClient } from "maestro/client";

const { MAESTRO_URL: url = "http://localhost:3000", MAESTRO_TOKEN: token = "" } = process.env;
const client = createMaestroClient({
  url,
  token,
  onRetry: (why) => console.error(`again: ${why}`),
});

const table = await client.tables.byName.query({ name: process.argv[2] ?? "" });
const { runId } = await client.tables.run.mutate({ id: table.id });
const run = await ended(runId);
for (const { tableName, state, reason } of run.tableRuns)
  console.log(`${tableName} ${state}: ${reason.text}`);
process.exitCode = run.state === "succeeded" ? 0 : 1;

/** Looks at the run whenever it is told to have changed, and whenever it is connected anew. */
function ended(id) {
  return new Promise((resolve, reject) => {
    const look = async () => {
      const found = await client.runs.get.query({ id });
      if (found.endedAt === null) return;
      subscription.unsubscribe();
      resolve(found);
    };
    const subscription = client.events.subscribe(undefined, {
      onStarted: () => look().catch(reject),
      onData: (event) => {
        if (event.noun === "run" && (event.id === id || event.id === null)) look().catch(reject);
      },
      onError: reject,
    });
  });
}
