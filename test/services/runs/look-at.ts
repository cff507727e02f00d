import { startTicker } from "../../../server/daemon/ticker.ts";
import type { Deps } from "../../../server/services/deps.ts";
import { until } from "../../support/until.ts";

/** Lets a ticker look once more, at an instant, and waits until it has. */
export async function lookAt(deps: Deps, instant: string | Date) {
  let looks = 0;
  const now = () => {
    looks += 1;
    return new Date(instant);
  };
  const ticker = startTicker({ ...deps, now });
  await until("the ticker has begun another look", () => {
    const first = looks;
    ticker.wake();
    return first >= 3;
  });
  await ticker.stop();
}
