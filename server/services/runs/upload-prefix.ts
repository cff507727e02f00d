/** Where the uploaded files of a table are, in the bucket. */
export function uploadPrefix(table: { dataset: string; name: string }): string {
  return `uploads/${table.dataset}.${table.name}/`;
}
