/**
 * `#standardSQL` or `#legacySQL` in a query's first line goes before what the job says; REST's default
 * is legacy SQL.
 */
export function isLegacySql(sql: string, useLegacySql: boolean | undefined): boolean {
  const directive = /^\s*#(standard|legacy)sql[ \t\r]*(?:\n|$)/i.exec(sql)?.[1];
  if (directive) return directive.toLowerCase() === "legacy";
  return useLegacySql ?? true;
}
