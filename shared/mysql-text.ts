/** A name, in any sql_mode. */
export function quoteMysqlName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/**
 * A text that no sql_mode, no charset and no comment can read otherwise: plain characters as they are,
 * anything else as the hexadecimal digits of its UTF-8.
 */
export function quoteMysqlText(text: string): string {
  return /^[A-Za-z0-9 _.,:@%+=-]*$/.test(text)
    ? `_utf8mb4'${text}'`
    : `_utf8mb4 x'${Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("")}'`;
}
