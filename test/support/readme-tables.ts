import type { Variable } from "../../server/config-variable.ts";
import { variables } from "../../server/config-variables.ts";
import { errorCodes } from "../../shared/errors.ts";
import { reasonCodes } from "../../shared/reason.ts";
import { signInRefusals } from "../../shared/sign-in.ts";

/** The README's table of settings, from the code's own definitions. */
export function settingsTable(): string {
  const rows = (Object.values(variables) as Variable<unknown>[]).map(
    ({ variable, flag, default: fallback, effect }) =>
      `| \`${variable}\` | ${flag ? `\`-${flag}\`` : ""} | ${fallback || "empty"} | ${effect} |`,
  );
  return ["| Variable | Flag | Default | Effect |", "|---|---|---|---|", ...rows].join("\n");
}

/** The README's table of error codes. */
export function errorsTable(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { status, hint }]) => `| \`${code}\` | ${status} | ${hint} |`,
  );
  return ["| Code | HTTP | What to do |", "|---|---|---|", ...rows].join("\n");
}

/** The table of reasons in docs/runs.md. */
export function reasonsTable(): string {
  const rows = Object.entries(reasonCodes).map(
    ([code, { states, meaning, remedy }]) =>
      `| \`${code}\` | ${states.join(", ")} | ${meaning} | ${remedy} |`,
  );
  return ["| Reason | State | Meaning | What to do |", "|---|---|---|---|", ...rows].join("\n");
}

/** The table of refused sign-ins in docs/sign-in.md. */
export function refusalsTable(): string {
  const rows = Object.values(signInRefusals).map(({ title, remedy }) => `| ${title} | ${remedy} |`);
  return ["| What it says | What to do |", "|---|---|", ...rows].join("\n");
}
