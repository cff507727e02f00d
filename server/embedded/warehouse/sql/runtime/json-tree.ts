/** A JSON text read so that numbers keep their digits and objects their order. */
export type JsonTree =
  | { k: "null" }
  | { k: "bool"; value: boolean }
  | { k: "number"; source: string }
  | { k: "string"; value: string }
  | { k: "array"; items: JsonTree[] }
  | { k: "object"; entries: [string, JsonTree][] };

const maxDepth = 500;
const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them bare in a string
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/**
 * Null where the text is no JSON. BigQuery reads lazily for a path: it would not see what is wrong
 * behind the value.
 */
export function readJson(text: string, isLazy = false): JsonTree | null {
  const reader = new Reader(text);
  try {
    const tree = reader.value(0);
    if (reader.atEnd()) return tree;
    if (!isLazy || tree.k === "number") return null;
    throw new Error("not supported by the local warehouse: a JSON text with more behind its end");
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  atEnd(): boolean {
    this.match(space);
    return this.at === this.text.length;
  }

  value(depth: number): JsonTree {
    if (depth > maxDepth) throw new SyntaxError("too deep");
    this.match(space);
    const c = this.text[this.at];
    if (c === "{") return this.object(depth);
    if (c === "[") return this.array(depth);
    if (c === '"') return { k: "string", value: this.string() };
    for (const word of ["true", "false", "null"]) {
      if (!this.accept(word)) continue;
      return word === "null" ? { k: "null" } : { k: "bool", value: word === "true" };
    }
    return { k: "number", source: this.match(number) };
  }

  private object(depth: number): JsonTree {
    this.at++;
    const entries: [string, JsonTree][] = [];
    const seen = new Set<string>();
    this.match(space);
    if (this.accept("}")) return { k: "object", entries };
    do {
      this.match(space);
      const key = this.string();
      this.match(space);
      this.expect(":");
      const value = this.value(depth + 1);
      // The first of two equal keys counts.
      if (!seen.has(key)) entries.push([key, value]);
      seen.add(key);
      this.match(space);
    } while (this.accept(","));
    this.expect("}");
    return { k: "object", entries };
  }

  private array(depth: number): JsonTree {
    this.at++;
    const items: JsonTree[] = [];
    this.match(space);
    if (this.accept("]")) return { k: "array", items };
    do {
      items.push(this.value(depth + 1));
      this.match(space);
    } while (this.accept(","));
    this.expect("]");
    return { k: "array", items };
  }

  private string(): string {
    return JSON.parse(this.match(string)) as string;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw new SyntaxError("unexpected");
    this.at += found.length;
    return found;
  }

  private accept(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private expect(word: string): void {
    if (!this.accept(word)) throw new SyntaxError(`expected ${word}`);
  }
}

const named: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

export function jsonString(text: string): string {
  const escaped = text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
    /["\\\u0000-\u001f\u2028\u2029]/g,
    (c) => named[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/** Without white space; `sorted` puts an object's keys in order and numbers in BigQuery's form. */
export function writeJson(tree: JsonTree, sorted: boolean): string {
  switch (tree.k) {
    case "null":
      return "null";
    case "bool":
      return String(tree.value);
    case "number":
      return sorted ? numberText(tree.source) : tree.source;
    case "string":
      return jsonString(tree.value);
    case "array":
      return `[${tree.items.map((item) => writeJson(item, sorted)).join(",")}]`;
    default: {
      const entries = sorted ? tree.entries.toSorted(([a], [b]) => (a < b ? -1 : 1)) : tree.entries;
      return `{${entries.map(([key, value]) => `${jsonString(key)}:${writeJson(value, sorted)}`).join(",")}}`;
    }
  }
}

/** The JSON type keeps 64-bit integers and doubles, the latter with their shortest digits. */
function numberText(source: string): string {
  if (/^-?\d+$/.test(source) && source !== "-0") {
    const value = BigInt(source);
    if (value >= -(2n ** 63n) && value < 2n ** 64n) return String(value);
  }
  return source === "-0" ? "0" : doubleText(Number(source));
}

/** Up to fifteen digits before the point and three zeros behind it; else with an exponent. */
export function doubleText(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "", power = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const point = value === 0 ? 1 : Number(power) + 1;
  if (point > 15 || point <= -4) {
    const exponent = String(Math.abs(point - 1)).padStart(2, "0");
    return `${sign}${mantissa}e${point > 0 ? "+" : "-"}${exponent}`;
  }
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (digits.length <= point) return `${sign}${digits.padEnd(point, "0")}.0`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A number beyond the doubles. */
export function hasInfinity(tree: JsonTree): boolean {
  if (tree.k === "number") return !Number.isFinite(Number(tree.source));
  if (tree.k === "array") return tree.items.some(hasInfinity);
  return tree.k === "object" && tree.entries.some(([, value]) => hasInfinity(value));
}
