import type { Command } from "commander";
import type { Deps } from "../services/deps.ts";
import { createAdoptCommand } from "./adopt.ts";
import type { CommandIo } from "./client-connection.ts";
import { createCostsCommand } from "./costs.ts";
import { createDatabasesCommand } from "./databases.ts";
import { createExportCommand, createImportCommand, createSheetCommand } from "./deliveries.ts";
import { createDemoCommand } from "./demo.ts";
import { createExtractCommand } from "./extract.ts";
import { createFrequenciesCommand } from "./frequencies.ts";
import { createGroupsCommand } from "./groups.ts";
import { createJobsCommand } from "./jobs.ts";
import { createLoginCommand, createLogoutCommand } from "./login.ts";
import { createNotificationsCommand } from "./notifications.ts";
import { createRunCommand } from "./run.ts";
import { createRunsCommand } from "./runs.ts";
import { createSchedulersCommand } from "./schedulers.ts";
import { createSettingsCommand } from "./settings.ts";
import { createSyncCommand } from "./sync.ts";
import { createTablesCommand } from "./tables.ts";
import { createTokenCommand } from "./token.ts";
import { createTransfersCommand } from "./transfers.ts";
import { createUsersCommand } from "./users.ts";

/** Opens the database of the Maestro on this machine, and closes it after. */
export type WithDatabase = (
  dataDir: string | undefined,
  use: (deps: Pick<Deps, "db">) => Promise<void>,
) => Promise<void>;

/** Commands against a server: the one named, or the one that runs on this data directory. */
export function createClientCommands(io: CommandIo, withDatabase: WithDatabase): Command[] {
  return [
    createLoginCommand(io),
    createLogoutCommand(io),
    createDemoCommand(io),
    createTablesCommand(io),
    createAdoptCommand(io),
    createSyncCommand(io),
    createFrequenciesCommand(io),
    createRunCommand(io),
    createRunsCommand(io),
    createJobsCommand(io),
    createCostsCommand(io),
    createImportCommand(io),
    createExtractCommand(io),
    createExportCommand(io),
    createSheetCommand(io),
    createTransfersCommand(io),
    createNotificationsCommand(io),
    createDatabasesCommand(io),
    createUsersCommand(io),
    createGroupsCommand(io),
    createSchedulersCommand(io),
    createSettingsCommand(io),
    createTokenCommand(io, withDatabase),
  ];
}
