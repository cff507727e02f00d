import { type Call, calls, routes } from "./calls.ts";
import type { Principal } from "./principals.ts";
import { hasRight, type Right, rights } from "./rights.ts";

const columns: Partial<Record<Principal, string>> = {
  anonymous: "Nobody signed in, or waiting, or disabled",
  stranger: "Another group",
  owner: "Who made or started it",
  member: "The group",
  admin: "Admin",
  memberReadToken: "Token `read`",
  memberWriteToken: "Member's token `write`",
  adminWriteToken: "Admin's token `write`",
  adminToken: "Admin's token `admin`",
};

/** The table of docs/people.md: who has which right. */
export function rightsTable(): string {
  const rows = (Object.keys(rights) as Right[]).map((right) => {
    const cells = (Object.keys(columns) as Principal[]).map((one) =>
      hasRight(right, one) ? "✓" : "",
    );
    return `| **${right}**: ${rights[right].meaning} | ${cells.join(" | ")} |`;
  });
  const header = `| Right | ${Object.values(columns).join(" | ")} |`;
  const line = `|---|${":-:|".repeat(Object.keys(columns).length)}`;
  return [header, line, ...rows].join("\n");
}

/** The table of docs/people.md: which right each procedure and each plain route asks for. */
export function callsTable(): string {
  const all = [
    ...Object.entries(calls).flatMap(([path, one]) =>
      [one].flat().map((call) => ({ name: path, call })),
    ),
    ...Object.entries(routes).flatMap(([name, call]) =>
      call === "perProcedure" ? [] : [{ name, call }],
    ),
  ];
  const rows = (Object.keys(rights) as Right[]).map((right) => {
    const names = all.filter(({ call }) => call.right === right).map(nameOf);
    return `| ${right} | ${names.join(", ")} |`;
  });
  return ["| Right | Procedures and routes |", "|---|---|", ...rows].join("\n");
}

function nameOf({ name, call }: { name: string; call: Call }): string {
  return call.what === undefined ? `\`${name}\`` : `\`${name}\` (${call.what})`;
}
