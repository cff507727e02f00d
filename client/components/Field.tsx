import { createUniqueId, type JSX, Show } from "solid-js";

interface Props {
  label: string;
  hint?: string | undefined;
  error?: string | null | undefined;
  /** Gets the ids that tie the control to its label and messages. */
  children: (ids: {
    id: string;
    "aria-describedby": string;
    "aria-invalid": boolean;
  }) => JSX.Element;
}

/** A labelled control with its hint and its error at its place. */
export function Field(props: Props) {
  const id = createUniqueId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.children({
        id,
        "aria-describedby": `${id}-hint`,
        get "aria-invalid"() {
          return Boolean(props.error);
        },
      })}
      <div id={`${id}-hint`} aria-live="polite">
        <Show when={props.error} fallback={<span class="hint">{props.hint}</span>}>
          <span class="error">{props.error}</span>
        </Show>
      </div>
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  hint?: string | undefined;
  error?: string | null | undefined;
  placeholder?: string;
  type?: "text" | "number" | "password";
  disabled?: boolean | undefined;
}

export function TextField(props: TextProps) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(ids) => (
        <input
          {...ids}
          class="input"
          type={props.type ?? "text"}
          value={props.value}
          placeholder={props.placeholder}
          disabled={props.disabled}
          autocomplete={props.type === "password" ? "new-password" : "off"}
          spellcheck={false}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** A longer text, such as a certificate. */
export function TextAreaField(props: Omit<TextProps, "type"> & { rows?: number }) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(ids) => (
        <textarea
          {...ids}
          class="textarea mono small"
          rows={props.rows ?? 3}
          value={props.value}
          placeholder={props.placeholder}
          disabled={props.disabled}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface SelectProps {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  onChange: (value: string) => void;
  hint?: string | undefined;
  error?: string | null | undefined;
  disabled?: boolean | undefined;
}

export function SelectField(props: SelectProps) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(ids) => (
        <select
          {...ids}
          class="select"
          disabled={props.disabled}
          onChange={(event) => props.onChange(event.currentTarget.value)}
        >
          {props.options.map((option) => (
            <option value={option.value} selected={option.value === props.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function CheckField(props: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean | undefined;
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>{props.label}</span>
    </label>
  );
}
