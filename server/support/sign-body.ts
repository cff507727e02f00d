import { createHmac } from "node:crypto";

/**
 * `t=SECONDS,v1=HEX`: an HMAC-SHA256 over `SECONDS.BODY`, so that a receiver knows who wrote a body, and
 * when: what is old may be somebody's who has recorded it.
 */
export function signBody(secret: string, body: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  const digest = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${digest}`;
}
