import { StorageError } from "./storage-error.ts";

/**
 * objects.list's `matchGlob`: `*` and `?` stay within a folder, `**` does not, `[a-z]`, `{one,two}`,
 * `\` takes the next character as it is.
 */
export function globPattern(glob: string): RegExp {
  let source = "";
  let depth = 0;
  for (let i = 0; i < glob.length; i += 1) {
    const c = glob.charAt(i);
    if (c === "*" && glob[i + 1] === "*") {
      source += ".*";
      i += 1;
    } else if (c === "[") {
      const end = glob.indexOf("]", i + 2);
      if (end < 0) throw new StorageError(400, "invalid", `Invalid glob: ${glob}`);
      source += set(glob.slice(i + 1, end));
      i = end;
    } else if (c === "\\") {
      i += 1;
      source += literal(glob.charAt(i));
    } else {
      depth += Number(c === "{") - Number(c === "}" && depth > 0);
      source += special(c, depth);
    }
  }
  if (depth > 0) throw new StorageError(400, "invalid", `Invalid glob: ${glob}`);
  return new RegExp(`^${source}$`, "su");
}

function special(c: string, depth: number): string {
  if (c === "*") return "[^/]*";
  if (c === "?") return "[^/]";
  if (c === "{") return "(?:";
  if (c === "}") return ")";
  return c === "," && depth > 0 ? "|" : literal(c);
}

function set(inside: string): string {
  const negated = inside.startsWith("!") || inside.startsWith("^");
  const body = inside.slice(Number(negated)).replace(/[\\\]^]/g, "\\$&");
  return `[${negated ? "^" : ""}${body}]`;
}

function literal(c: string): string {
  return c.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
