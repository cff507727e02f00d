import { defaultKeymap, historyKeymap, indentWithTab } from "@codemirror/commands";
import { indentUnit, StreamLanguage } from "@codemirror/language";
import { searchKeymap } from "@codemirror/search";
import { type EditorView, keymap } from "@codemirror/view";
import type { SpecificationFault } from "../../../shared/scheduler-text.ts";
import { createCodeEditor } from "../../components/sql/create-code-editor.ts";

interface Props {
  label: string;
  value: string;
  onInput: (value: string) => void;
  faults: SpecificationFault[];
}

/** Enough of YAML and JSON for colours. */
const language = StreamLanguage.define<null>({
  startState: () => null,
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return "comment";
    if (stream.match(/^"(?:[^"\\]|\\.)*"(?=\s*:)/)) return "typeName";
    if (stream.match(/^(?:"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)/)) return "string";
    if (stream.match(/^[\w.-]+(?=\s*:(?:\s|$))/)) return "typeName";
    if (stream.match(/^-?\d+(?:\.\d+)?(?=[\s,\]}]|$)/)) return "number";
    if (stream.match(/^(?:true|false|null)(?=[\s,\]}]|$)/)) return "bool";
    if (!stream.match(/^[\w./:@+-]+/)) stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "#" } },
});

/** YAML or JSON, with what is wrong underlined at its place. Escape then Tab leaves it, for keyboard users. */
export function SpecificationEditor(props: Props) {
  let parent!: HTMLDivElement;
  createCodeEditor(
    props,
    () => parent,
    () => [
      language,
      indentUnit.of("  "),
      keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, indentWithTab]),
    ],
    (view) => toDiagnostics(view, props.faults),
  );
  return <div class="specification-editor" ref={parent} />;
}

/** From each fault's position to the end of its word. */
function toDiagnostics({ state: { doc } }: EditorView, faults: SpecificationFault[]) {
  return faults.flatMap(({ field, text, position }) => {
    if (position === null) return [];
    const line = doc.line(Math.max(1, Math.min(position.line, doc.lines)));
    const from = Math.max(line.from, Math.min(line.from + position.column - 1, line.to));
    const word = /^[\w.-]+/.exec(doc.sliceString(from, line.to))?.[0].length ?? 1;
    const message = field === "" ? text : `${field}: ${text}`;
    return [{ from, to: Math.min(from + word, doc.length), severity: "error" as const, message }];
  });
}
