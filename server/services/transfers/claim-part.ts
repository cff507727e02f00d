import { type ClaimedPart, claimOthersPart } from "../../db/transfer-parts.ts";
import type { Deps } from "../deps.ts";
import { publishTransfer } from "./publish-transfer.ts";
import { keysOf } from "./stage-parts.ts";

/** A part of another room's import, for the room `owner` that has no transfer to claim. */
export async function claimPart(
  deps: Pick<Deps, "db" | "changes">,
  owner: string,
  except: Set<string>,
): Promise<ClaimedPart | null> {
  const part = await claimOthersPart(deps.db, owner, [...except]);
  if (part) publishTransfer(deps, keysOf(part), { isProgress: true });
  return part;
}
