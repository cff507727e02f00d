import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { measureCommand } from "../support/child.ts";
import type { Measurement } from "../support/rounds.ts";

/** Runs a line of shell; throws unless all of its programs succeed. */
export async function runShell(line: string, address: DatabaseAddress): Promise<Measurement> {
  const { exitCode, seconds, cpuSeconds, peakRssBytes } = await measureCommand(
    "bash",
    ["-c", `set -o pipefail; ${line}`],
    { env: { ...process.env, PGPASSWORD: address.password, MYSQL_PWD: address.password } },
  );
  if (exitCode !== 0) throw new Error(`${line}: ended with code ${exitCode}`);
  return { seconds, cpuSeconds, peakRssBytes };
}

/** The vendor's own client, as a line of shell, with its statement quoted. */
export function clientLine(address: DatabaseAddress, statement: string): string {
  const quoted = `'${statement.replaceAll("'", "'\\''")}'`;
  const { kind, host, port, username, database } = address;
  return kind === "postgres"
    ? `psql --no-psqlrc -q -h ${host} -p ${port} -U ${username} -d ${database} -c ${quoted}`
    : `mariadb --no-defaults -h ${host} -P ${port} -u ${username} --batch --quick --local-infile=1 --default-character-set=utf8mb4 -e ${quoted} ${database}`;
}
