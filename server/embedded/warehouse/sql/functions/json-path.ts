/** Steps of a JSONPath: member names and array positions. A sentence where it cannot be read. */
export function parseJsonPath(path: string, legacy: boolean): (string | number)[] | string {
  if (!path.startsWith("$")) return "JSONPath must start with '$'";
  const steps: (string | number)[] = [];
  const member = legacy
    ? /\.([^.[\]'"*\s]+)|\[(\d+)\]|\['([^'\\]*)'\]|\["([^"\\]*)"\]/y
    : /\.([^.[\]'"*\s]+)|\[(\d+)\]|\."([^"\\]*)"/y;
  let at = 1;
  while (at < path.length) {
    member.lastIndex = at;
    const found = member.exec(path);
    if (!found) {
      return path.includes("*")
        ? "Unsupported operator in JSONPath: *"
        : `Invalid token in JSONPath at: ${path.slice(at)}`;
    }
    const [whole, name, index, quoted, doubled] = found;
    steps.push(index === undefined ? (name ?? quoted ?? doubled ?? "") : Number(index));
    at += whole.length;
  }
  return steps;
}
