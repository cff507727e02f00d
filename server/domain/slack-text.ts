import type { FailedTable, SlackBlock } from "../../shared/slack.ts";

/* Below Slack's limits of a section and of a message's blocks together. */
const sectionCharacters = 2_900;
const messageCharacters = 9_000;
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

/** What failed, one block a table, with the errors as they were said; no more than Slack takes. */
export function failedTableBlocks(publicUrl: string | null, failed: FailedTable[]): SlackBlock[] {
  const blocks: SlackBlock[] = [];
  let characters = 0;
  for (const { id, name, error } of failed.slice(0, listedTables)) {
    const shown = cut(escapeSlack(error).replaceAll("```", "'''"), errorCharacters);
    const text = `*${slackLink(publicUrl, `/tables/${id}`, name)}*\n\`\`\`${shown}\`\`\``;
    characters += text.length;
    if (characters > messageCharacters) break;
    blocks.push(section(text));
  }
  const left = failed.length - blocks.length;
  return left > 0 ? [...blocks, footnote(`and ${left} more`)] : blocks;
}

/** Never within a pair of halves that are one character. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
