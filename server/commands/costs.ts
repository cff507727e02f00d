import { Command } from "commander";
import type { CostLine, CostsSummary } from "../../shared/cost.ts";
import { MaestroError } from "../../shared/errors.ts";
import { bytesText } from "../domain/words.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { writeJson, writeTable } from "./client-output.ts";

const dimensions = ["table", "user", "group", "frequency", "day"] as const;

interface Options {
  days: string;
  by: string;
  json?: boolean;
}

/** `maestro costs`: what BigQuery billed, as a table. */
export function createCostsCommand(io: CommandIo): Command {
  return addConnectionOptions(new Command("costs"))
    .description("what BigQuery billed, the dearest first")
    .option("--days <count>", "UTC days, with today", "30")
    .option("--by <what>", dimensions.join(", "), "table")
    .action((options: Options) => showCosts(io, options));
}

async function showCosts(io: CommandIo, options: Options): Promise<void> {
  const by = dimensions.find((one) => one === options.by);
  if (!by) throw new MaestroError("invalidInput", `--by is one of ${dimensions.join(", ")}`);
  const days = Number(options.days);
  if (!Number.isSafeInteger(days) || days < 1 || days > 366) {
    const message = `--days is ${options.days}: write a whole number from 1 to 366`;
    throw new MaestroError("invalidInput", message);
  }
  const { costs, currency } = await withClient(io, options, async (client) => ({
    costs: await client.costs.summary.query({ days }),
    currency: (await client.system.info.query()).currency,
  }));
  if (options.json) return writeJson(io.stdout, costs);
  const rows = linesOf(costs, by).map(({ name, bytesBilled, price, jobs }) => [
    name,
    bytesText(bytesBilled),
    price.toFixed(2),
    ...(jobs === null ? [] : [jobs]),
  ]);
  const header = [by.toUpperCase(), "BILLED", currency, ...(by === "day" ? [] : ["JOBS"])];
  writeTable(io.stdout, header, rows);
  io.stdout.write(`${costs.totalPrice.toFixed(2)} ${currency} in ${days} days\n`);
  if (costs.unreadJobs > 0) {
    io.stdout.write(`without ${costs.unreadJobs} jobs whose figures BigQuery has not shown\n`);
  }
}

function linesOf(
  costs: CostsSummary,
  by: (typeof dimensions)[number],
): (Omit<CostLine, "jobs" | "priceBefore"> & { jobs: number | null })[] {
  if (by === "day")
    return costs.perDay.map(({ day, ...rest }) => ({ ...rest, name: day, jobs: null }));
  const { byTable: table, byUser: user, byGroup: group, byFrequency: frequency } = costs;
  return { table, user, group, frequency }[by];
}
