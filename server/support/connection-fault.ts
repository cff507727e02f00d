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

/** Node's codes and PostgreSQL's of a connection that was refused before anything was asked on it. */
const refusals = new Set(["ECONNREFUSED", "ENOTFOUND", "57P03", "53300"]);

/** Whether PostgreSQL has not even got what was asked of it. */
export function isNeverSent(error: unknown): boolean {
  return error instanceof Error && "code" in error && refusals.has(String(error.code));
}
