import { AliasScopes, everywhere, noScope, type OuterScope } from "./alias-scopes.ts";
import { type Keyword, noKeyword } from "./keywords.ts";
import type { Tokens } from "./lexer.ts";

/** What one open bracket, or the statement itself, holds. */
export interface Frame {
  kind: "statement" | "paren" | "bracket" | "type";
  /** The frame's first token. */
  first: number;
  /** The alias scope that FROM items of this frame belong to; -1 before any. */
  scope: number;
  /** What a SELECT of this frame is correlated with. */
  outer: OuterScope;
  /** A SELECT or a FROM stood here: this is a query and not an expression. */
  hasQuery: boolean;
  inFrom: boolean;
  /** The next token begins a table of the FROM clause. */
  expectsTable: boolean;
  /** FLATTEN(table, column): what follows a comma is no table. */
  oneTable: boolean;
  /** The common table expression whose body this is, to be known once it closes. */
  cte: string | null;
  /** Whether that body's name is known already (WITH RECURSIVE). */
  isRecursive: boolean;
  /** Names that this frame's WITH clauses brought into scope. */
  declared: string[];
}

/** The first word of a statement, as far as it changes how the rest is read. */
export type StatementKind = "other" | "create" | "merge" | "dml";

/** A table that the SQL reads, and the token that its name begins with. */
export interface FoundTable {
  name: string;
  at: number;
}

/** Everything that the scanner knows while it goes from token to token. */
export class ScanState {
  readonly tokens: Tokens;
  readonly found: FoundTable[] = [];
  readonly aliases = new AliasScopes();
  readonly frames: Frame[] = [];
  frame: Frame;
  /** The token to read next. */
  at = 0;
  atStatementStart = true;
  statementKind: StatementKind = "other";
  /** The names of WITH clauses in scope; a name may be in scope more than once. */
  private readonly ctes = new Map<string, number>();
  private readonly temporary = new Set<string>();
  /** Known from the end of the statement that creates it. */
  private creating: string | null = null;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
    this.frame = this.newFrame("statement", noScope, 0);
    this.frames.push(this.frame);
    this.frame.scope = this.aliases.open(noScope);
  }

  code(offset = 0): Keyword {
    return this.tokens.codes[this.at + offset] ?? noKeyword;
  }

  /** Opens a bracket at the current token and steps behind it. */
  push(kind: Frame["kind"], outer: OuterScope): Frame {
    this.at += 1;
    this.frame = this.newFrame(kind, outer, this.at);
    this.frames.push(this.frame);
    return this.frame;
  }

  /** Closes the innermost bracket; the statement's own frame stays. */
  pop(): Frame {
    const closed = this.frame;
    if (this.frames.length === 1) return closed;
    this.forgetCtes(closed);
    this.frames.pop();
    this.frame = this.frames.at(-1) ?? closed;
    return closed;
  }

  /** The alias scope of the current frame's query. */
  openScope(): void {
    if (this.frame.scope < 0) this.frame.scope = this.aliases.open(this.frame.outer);
  }

  /** What subqueries within expressions of the current frame are correlated with. */
  outerOfExpressions(): OuterScope {
    const { scope, outer, inFrom } = this.frame;
    return scope < 0 ? outer : { scope, before: inFrom ? this.at : everywhere };
  }

  startStatement(): void {
    while (this.frames.length > 1) this.pop();
    this.forgetCtes(this.frame);
    if (this.creating !== null) this.temporary.add(this.creating);
    this.creating = null;
    this.frame = this.newFrame("statement", noScope, this.at);
    this.frame.scope = this.aliases.open(noScope);
    this.frames[0] = this.frame;
    this.atStatementStart = true;
    this.statementKind = "other";
  }

  declareCte(frame: Frame, name: string): void {
    const key = name.toLowerCase();
    frame.declared.push(key);
    this.ctes.set(key, (this.ctes.get(key) ?? 0) + 1);
  }

  createTemporary(name: string): void {
    this.creating = name.toLowerCase();
  }

  /** Whether a one-part name means something of this script's own. */
  isOwnName(name: string): boolean {
    const key = name.toLowerCase();
    return (this.ctes.get(key) ?? 0) > 0 || this.temporary.has(key);
  }

  private forgetCtes(frame: Frame): void {
    for (const key of frame.declared) this.ctes.set(key, (this.ctes.get(key) ?? 1) - 1);
    frame.declared = [];
  }

  private newFrame(kind: Frame["kind"], outer: OuterScope, first: number): Frame {
    return {
      kind,
      first,
      scope: -1,
      outer,
      hasQuery: false,
      inFrom: false,
      expectsTable: false,
      oneTable: false,
      cte: null,
      isRecursive: false,
      declared: [],
    };
  }
}
