import type { z } from "zod";
import { keptText } from "./text.ts";

/**
 * One setting of an installation. Outside it is always text (a form's field, an argument, a
 * variable); `schema` says which texts are allowed and what they mean. A text that it takes is stored
 * as it was written, without the spaces around it.
 */
export interface Setting<T> {
  label: string;
  /** What it is for, for whoever sets it. */
  help: string;
  /** Encrypted where it is stored, and never shown again. */
  secret?: true;
  /** Without the `MAESTRO_` before it. A process that is given it heeds nothing that is stored. */
  variable: string;
  /** The flag that stands for it, where it has one. */
  flag?: string;
  schema: z.ZodType<T, string>;
  /** The text that holds where there is none. */
  default?: string;
}

export function define<T>(setting: Setting<T>): Setting<T> {
  return setting;
}

/** One word, whatever is in it. */
export const line = keptText()
  .trim()
  .min(1, "it is empty")
  .max(1_000, "at most 1000 characters")
  .refine((text) => !/\s/.test(text), "it holds a space or a line break: copy it whole and alone");
