import { bigquery, formatDialect } from "sql-formatter";

/** The SQL laid out anew; throws where it cannot be read. */
export function formatSql(sql: string): string {
  return formatDialect(sql, {
    dialect: bigquery,
    keywordCase: "preserve",
    tabWidth: 2,
    expressionWidth: 80,
    linesBetweenQueries: 1,
  });
}
