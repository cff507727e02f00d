import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import type { BenchOptions } from "./support/options.ts";
import { type BenchResult, makeReport, writeReport } from "./support/report.ts";

/** `npm run bench -- NAME [--json] [--size small|full] [--peers]`. */
const usage = "usage: npm run bench -- NAME [--json] [--size small|full] [--peers]";

interface Bench {
  run: (options: BenchOptions) => Promise<BenchResult>;
}

process.once("SIGTERM", () => process.exit(143));
process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const names = benchNames();
  const parsed = parse(argv);
  if ("error" in parsed) return refuse(parsed.error, names);
  const { name, json, size, peers } = parsed;
  if (name === undefined) {
    process.stdout.write(`${usage}\n${names.map((each) => `  ${each}\n`).join("")}`);
    return 0;
  }
  if (!names.includes(name)) return refuse(`no bench is called "${name}"`, names);
  const bench = (await import(`./${name}/bench.ts`)) as Bench;
  const log = (message: string) => process.stderr.write(`${message}\n`);
  const report = makeReport(name, size, await bench.run({ size, peers, log }));
  const markdown = writeReport(report);
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : markdown);
  return 0;
}

function benchNames(): string[] {
  return readdirSync(new URL(".", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) => readdirSync(new URL(`./${name}/`, import.meta.url)).includes("bench.ts"))
    .sort();
}

function parse(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        size: { type: "string", default: "small" },
        peers: { type: "boolean", default: false },
      },
    });
    const { json, size, peers } = values;
    if (size !== "small" && size !== "full") return { error: `--size ${size}: small or full` };
    if (positionals.length > 1) return { error: "one bench at a time" };
    return { name: positionals[0], json, size, peers } as const;
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function refuse(message: string, names: string[]): number {
  process.stderr.write(`${message}\n${usage}\nbenches: ${names.join(", ") || "none"}\n`);
  return 2;
}
