import { setTimeout as delay } from "node:timers/promises";

/*
 * A room that speaks the protocol and does nothing: some are occupied for as long as they live, by their
 * id, the others in turn. It says on its output when it is told to end, and what it did then.
 */
const { MAESTRO_URL, MAESTRO_SCHEDULER_NAME, MAESTRO_ROOM_ID, MAESTRO_ROOM_TOKEN } = process.env;
const timeoutMs = 1_000 * Number(process.env.MAESTRO_PINGTIMEOUT);
const address = `${MAESTRO_URL}/scheduler/${MAESTRO_SCHEDULER_NAME}/rooms/${MAESTRO_ROOM_ID}/ping`;
const number = Number.parseInt(MAESTRO_ROOM_ID.slice(-6).replaceAll("-", ""), 16);
const isBusy = number % 5 < 2;
const startedMs = performance.now();
let heardMs = startedMs;
let isEnding = false;

function statusNow() {
  if (isEnding) return "terminated";
  const turn = Math.floor((performance.now() - startedMs) / timeoutMs);
  return isBusy || (number + turn) % 2 === 0 ? "occupied" : "ready";
}

async function ping() {
  const status = statusNow();
  try {
    const answer = await fetch(address, {
      method: "PUT",
      headers: {
        authorization: `Bearer ${MAESTRO_ROOM_TOKEN}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ timestamp: Date.now(), status }),
      signal: AbortSignal.timeout(timeoutMs / 2),
    });
    const { code } = await answer.json();
    if (answer.status === 404 && code === "notFound") end("it is not known any more");
    if (answer.ok || answer.status === 409) heardMs = performance.now();
    else process.stdout.write(`answered ${answer.status}\n`);
  } catch (error) {
    process.stdout.write(`not heard: ${error}\n`);
  }
  if (performance.now() - heardMs > 2 * timeoutMs) end("nobody has heard it");
}

function end(why) {
  process.stdout.write(`${statusNow()}, and ends: ${why}\n`);
  process.exit(0);
}

process.once("SIGTERM", async () => {
  process.stdout.write(`${statusNow()}, and is told to end\n`);
  isEnding = true;
  await ping();
  end("it was told to");
});
for (;;) {
  await ping();
  await delay(timeoutMs / 3);
}
