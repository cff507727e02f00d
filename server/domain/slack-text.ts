import type { FailedTable, SlackBlock } from "../../shared/slack.ts";

/* Slack's limits: characters of a section, blocks of a message. */
const sectionCharacters = 2_900;
const errorCharacters = 600;
const listedTables = 20;

/** Text as Slack shows it, whatever is in it: nothing of it mentions anybody or becomes a link. */
export function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A link with its text; the text alone where nobody knows the web app's address. */
export function slackLink(publicUrl: string | null, path: string, text: string): string {
  const shown = escapeSlack(text).replaceAll("|", "¦");
  return publicUrl === null ? shown : `<${publicUrl}${path}|${shown}>`;
}

export function section(text: string): SlackBlock {
  return { type: "section", text: { type: "mrkdwn", text: cut(text, sectionCharacters) } };
}

/** A small line below. */
export function footnote(text: string): SlackBlock {
  return {
    type: "context",
    elements: [{ type: "mrkdwn", text: cut(text, sectionCharacters) }],
  };
}

/** What failed, one block a table, with the errors as they were said. */
export function failedTableBlocks(publicUrl: string | null, failed: FailedTable[]): SlackBlock[] {
  const blocks = failed.slice(0, listedTables).map(({ id, name, error }) => {
    const shown = escapeSlack(cut(error, errorCharacters)).replaceAll("```", "'''");
    return section(`*${slackLink(publicUrl, `/tables/${id}`, name)}*\n\`\`\`${shown}\`\`\``);
  });
  const left = failed.length - listedTables;
  return left > 0 ? [...blocks, footnote(`and ${left} more`)] : blocks;
}

/** Never within a pair of halves that are one character. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
