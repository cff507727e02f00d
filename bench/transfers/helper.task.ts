import { claimPart } from "../../server/services/transfers/claim-part.ts";
import { workParts } from "../../server/services/transfers/work-parts.ts";
import { type Loop, startLoop } from "../../server/support/loop.ts";
import { connectCloud, createEngineDeps } from "../../test/support/engine-deps.ts";
import type { RoomSetup } from "./contestants.ts";

const owner = "helper";

/** A room that helps others, and has no transfers of its own: on, or off. Answers how often it has helped. */
export async function prepare({ surroundings }: Pick<RoomSetup, "surroundings">) {
  const { connectionString, cloudUrl } = surroundings;
  const deps = createEngineDeps({ connectionString, ...(await connectCloud(cloudUrl)) });
  const refused = new Set<string>();
  const drain = new AbortController().signal;
  let done = 0;
  let loop: Loop | undefined;
  deps.changes.subscribe((event) => {
    if (event.noun === "transfer") loop?.wake();
  });
  const help = async () => {
    for (;;) {
      const part = await claimPart(deps, owner, refused);
      if (!part) return;
      await workParts(deps, part, { owner, drain, refused });
      done += 1;
    }
  };
  return async (isOn: boolean): Promise<number> => {
    await loop?.stop();
    loop = undefined;
    if (!isOn) return done;
    done = 0;
    loop = startLoop({ name: "helper", log: deps.log, periodMs: 1_000, body: help });
    return 0;
  };
}
