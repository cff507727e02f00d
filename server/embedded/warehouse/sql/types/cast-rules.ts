/** `CAST` or `TRY_CAST`, and what happens to a text that cannot be read. */
export interface CastForm {
  cast: string;
  fail: (message: string) => string;
}

/** A template over `$1`, or what makes one. */
export type CastRule = string | ((form: CastForm) => string);
