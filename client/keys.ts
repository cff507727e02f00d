const isMac = navigator.platform.startsWith("Mac");

/** How a shortcut with the command key is written on this machine: `⌘S`, `Ctrl S`. */
export function commandKey(key: string): string {
  return isMac ? `⌘${key}` : `Ctrl ${key}`;
}
