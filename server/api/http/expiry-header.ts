import { expiryWarningDays } from "../../../shared/user.ts";
import type { Principal } from "../../services/access/principal.ts";

/** Says to programs whose token ends soon when that is, so that it is replaced before. */
export function expiryHeader(principal: Principal, now: Date): Record<string, string> {
  if (principal.kind !== "token" || principal.expiresAt === null) return {};
  const daysLeft = (principal.expiresAt.getTime() - now.getTime()) / 86_400_000;
  if (daysLeft > expiryWarningDays) return {};
  return { "x-api-token-expires": principal.expiresAt.toISOString() };
}
