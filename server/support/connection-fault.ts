/** Node's codes of a connection that cannot be made or was cut. */
const socketCodes = new Set(["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EPIPE", "ENOTFOUND"]);
/** PostgreSQL's: shutting down, crashed, starting up, too many connections; and its class 08. */
const sqlStates = /^(57P0[123]|53300|08...)$/;
/** What `pg` says without a code. */
const messages = /^(Connection terminated|timeout exceeded when trying to connect)/;

/** Whether an error, or one of its causes, means that PostgreSQL cannot be reached just now. */
export function isConnectionFault(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    if (socketCodes.has(code) || sqlStates.test(code) || messages.test(at.message)) return true;
  }
  return false;
}
