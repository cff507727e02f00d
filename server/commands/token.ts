import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import { tokenInputSchema } from "../../shared/user.ts";
import { issueLocalToken } from "../services/access/issue-local-token.ts";
import type { Deps } from "../services/deps.ts";
import type { CommandIo } from "./client-connection.ts";
import { writeJson } from "./client-output.ts";

interface TokenOptions {
  name: string;
  scopes: string;
  expiresDays?: string;
  dataDir?: string;
  json?: boolean;
}

/**
 * `maestro token`, on the machine itself: an API token of the local admin, on standard output and
 * nowhere else. `withDatabase` opens the database of this machine's Maestro, and closes it after.
 */
export function createTokenCommand(
  io: CommandIo,
  withDatabase: (
    dataDir: string | undefined,
    use: (deps: Pick<Deps, "db">) => Promise<void>,
  ) => Promise<void>,
): Command {
  return new Command("token")
    .description("print an API token of the local admin")
    .option("--name <name>", "what it is for", "command line")
    .option("--scopes <scopes>", "read, write, admin; several with commas", "admin")
    .option("--expires-days <days>", "how long it is good (default: until it is revoked)")
    .option("--data-dir <directory>", "where it keeps its data (default: MAESTRO_DATA_DIR)")
    .option("--json", "answer in JSON")
    .action(async (options: TokenOptions) => {
      const parsed = tokenInputSchema.safeParse({
        name: options.name,
        scopes: options.scopes.split(",").map((scope) => scope.trim()),
        expiresDays: options.expiresDays === undefined ? null : Number(options.expiresDays),
      });
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        const message = `--${String(issue?.path[0])}: ${issue?.message}`;
        throw new MaestroError("invalidInput", message);
      }
      await withDatabase(options.dataDir, async (deps) => {
        const issued = await issueLocalToken(deps, parsed.data);
        if (options.json) return writeJson(io.stdout, issued);
        io.stdout.write(`${issued.token}\n`);
      });
    });
}
