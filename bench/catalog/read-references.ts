import { createReadStream, readFileSync } from "node:fs";
import { runReferences } from "../../server/commands/references.ts";
import { scanReferences } from "../../server/domain/table-references/scan-references.ts";

/** The measured process: `read-references.ts FILE both|scanner`; answers as the command does. */
const [file = "", layer = "both"] = process.argv.slice(2);

if (layer === "scanner") {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  const answers = lines.map((line) => {
    const { path, sql } = JSON.parse(line) as { path: string; sql: string };
    return `${JSON.stringify({ path, sources: scanReferences(sql, { legacySql: false }) })}\n`;
  });
  process.stdout.write(answers.join(""));
} else {
  process.exitCode = await runReferences({
    input: createReadStream(file),
    output: process.stdout,
  });
}
