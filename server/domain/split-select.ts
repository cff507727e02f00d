/** The parts of an import's SELECT as its author wrote them. */
export interface SelectParts {
  select: string;
  from: string;
  where: string;
  limit: string;
}

const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|[()]|\w+|\s+|./g;

const none: SelectParts = { select: "", from: "", where: "", limit: "" };

/** Of a text that is known to be `SELECT … FROM one table [WHERE …] [LIMIT n]`. */
export function splitSelect(sql: string): SelectParts {
  const parts = { ...none };
  let part: keyof SelectParts | null = null;
  let depth = 0;
  for (const [text] of sql.matchAll(token)) {
    if (text === "(") depth += 1;
    if (text === ")") depth -= 1;
    const word = text.toLowerCase();
    if (depth === 0 && isPart(word)) part = word;
    else if (part !== null) parts[part] += text;
  }
  const entries = Object.entries(parts).map(([name, text]) => [
    name,
    text.replace(/;\s*$/, "").trim(),
  ]);
  return { ...none, ...Object.fromEntries(entries) };
}

function isPart(word: string): word is keyof SelectParts {
  return Object.hasOwn(none, word);
}
