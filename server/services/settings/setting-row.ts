/** What a sealed setting is bound to, so that no other row's bytes can stand in for it. */
export function settingRow(key: string): string {
  return `settings/${key}`;
}
