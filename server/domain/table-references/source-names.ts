/**
 * Whether a name that is read stands for a table at all: INFORMATION_SCHEMA views describe tables
 * and `_SESSION` holds the script's own temporary ones.
 */
export function isTableName(name: string): boolean {
  if (name === "" || name === "*") return false;
  const parts = name.toUpperCase().split(".");
  return !parts.includes("INFORMATION_SCHEMA") && parts[0] !== "_SESSION";
}

/** In code unit order, which is the same on every machine. */
export function sortedNames(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
