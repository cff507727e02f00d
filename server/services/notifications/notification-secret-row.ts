/** What a table's secret is sealed to. */
export function notificationSecretRow(tableId: number): string {
  return `notification_secrets/${tableId}`;
}
