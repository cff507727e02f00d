import { type ClaimedPart, claimAnotherPart, claimOthersPart } from "../../db/transfer-parts.ts";
import type { Deps } from "../deps.ts";
import { keysOf } from "./hold-part.ts";
import { publishTransfer } from "./publish-transfer.ts";

/** A part of another room's import, for the room `owner` that has no transfer to claim. */
export async function claimPart(
  deps: Pick<Deps, "db" | "changes">,
  owner: string,
  except: Set<string>,
): Promise<ClaimedPart | null> {
  return told(deps, await claimOthersPart(deps.db, owner, [...except]));
}

/** Another part of the same import; null where none is left, or the room has something else to do. */
export async function claimNextPart(
  deps: Pick<Deps, "db" | "changes">,
  owner: string,
  last: ClaimedPart,
): Promise<ClaimedPart | null> {
  return told(deps, await claimAnotherPart(deps.db, owner, last));
}

function told(deps: Pick<Deps, "changes">, part: ClaimedPart | null): ClaimedPart | null {
  if (part) publishTransfer(deps, keysOf(part), { isProgress: true });
  return part;
}
