export type TokenKind =
  | "id"
  | "quoted"
  | "int"
  | "float"
  | "string"
  | "bytes"
  | "param"
  | "sym"
  | "eof";

export interface Token {
  kind: TokenKind;
  /** As written; identifiers without their backticks, strings decoded, parameters without the @. */
  text: string;
  start: number;
  end: number;
  /** A BYTES literal's content. */
  bytes?: Uint8Array;
}
