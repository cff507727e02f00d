const most = 10_000;

/** What others say, as long as somebody would read it: it is stored with rows, and shown in lists. */
export function shorten(text: string): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}
