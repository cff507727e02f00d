import { createSignal, For, untrack } from "solid-js";
import { Field } from "./Field.tsx";

const units = [
  { bytes: 1024, label: "KB/s" },
  { bytes: 1024 ** 2, label: "MB/s" },
  { bytes: 1024 ** 3, label: "GB/s" },
];

interface Props {
  label: string;
  hint?: string;
  /** Null is no limit. */
  bytesPerSecond: number | null;
  onChange: (bytesPerSecond: number | null) => void;
  error: string | undefined;
}

/** Bytes a second, written in the unit of the person's choice. */
export function ByteRateField(props: Props) {
  const [unit, setUnit] = createSignal(unitOf(untrack(() => props.bytesPerSecond)));
  const bytesOf = (text: string, size: number) =>
    text.trim() === "" ? null : Math.round(Number(text) * size);
  let input: HTMLInputElement | undefined;
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(ids) => (
        <div class="row" style={{ "flex-wrap": "nowrap" }}>
          <input
            {...ids}
            ref={input}
            class="input"
            type="number"
            min="0"
            step="any"
            placeholder="no limit"
            value={props.bytesPerSecond === null ? "" : round(props.bytesPerSecond / unit())}
            onInput={(event) => props.onChange(bytesOf(event.currentTarget.value, unit()))}
          />
          <select
            class="select"
            aria-label={`${props.label}: unit`}
            onChange={(event) => {
              const next = Number(event.currentTarget.value);
              const bytes = bytesOf(input?.value ?? "", next);
              setUnit(next);
              props.onChange(bytes);
            }}
          >
            <For each={units}>
              {(one) => (
                <option value={one.bytes} selected={one.bytes === unit()}>
                  {one.label}
                </option>
              )}
            </For>
          </select>
        </div>
      )}
    </Field>
  );
}

/** The largest unit that it is one of at least; MB/s for no limit. */
function unitOf(bytesPerSecond: number | null): number {
  if (bytesPerSecond === null) return 1024 ** 2;
  return units.findLast((one) => bytesPerSecond >= one.bytes)?.bytes ?? 1024;
}

/** As many digits as keep the byte count. */
function round(amount: number): number {
  return Number(amount.toPrecision(12));
}
