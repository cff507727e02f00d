import { createEffect, createSignal, on } from "solid-js";
import { TextField } from "./Field.tsx";

interface Props {
  label: string;
  values: string[];
  onChange: (values: string[]) => void;
  placeholder?: string;
  hint?: string;
  error?: string | null;
}

/** A list typed as `a, b`. Keeps the text as typed: a comma must not vanish under the cursor. */
export function ListField(props: Props) {
  const [text, setText] = createSignal(props.values.join(", "));
  createEffect(
    on(
      () => props.values.join(","),
      (joined) => {
        if (split(text()).join(",") !== joined) setText(props.values.join(", "));
      },
    ),
  );
  return (
    <TextField
      label={props.label}
      value={text()}
      {...(props.placeholder === undefined ? {} : { placeholder: props.placeholder })}
      hint={props.hint}
      error={props.error}
      onInput={(value) => {
        setText(value);
        props.onChange(split(value));
      }}
    />
  );
}

function split(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== "");
}
