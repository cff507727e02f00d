import type { Writable } from "node:stream";
import { describeConfig } from "../config-effective.ts";
import { writeJson, writeTable } from "./client-output.ts";

/** `maestro config`. Throws where the configuration is wrong, naming all faults. */
export function showConfig(
  stdout: Writable,
  flags: Record<string, string | undefined>,
  isJson: boolean,
): void {
  const settings = describeConfig(flags);
  if (isJson) {
    const rows = settings.map(({ variable, value, source, shown }) => ({
      variable,
      value: shown === "[hidden]" ? shown : value,
      source,
    }));
    writeJson(stdout, rows);
    return;
  }
  writeTable(
    stdout,
    ["VARIABLE", "SOURCE", "VALUE"],
    settings.map(({ variable, source, shown }) => [variable, source, shown || "empty"]),
  );
}
