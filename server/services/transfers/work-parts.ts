import { openSource } from "../../connectors/open-source.ts";
import type { Source } from "../../connectors/source.ts";
import { withStagingDirectory } from "../../connectors/staging-directory.ts";
import { openRowsFile } from "../../connectors/staging-file.ts";
import { readImportContext } from "../../db/transfer-contexts.ts";
import { type ClaimedPart, keyOfDivision } from "../../db/transfer-parts.ts";
import { databaseAddress } from "../databases/database-address.ts";
import type { Deps } from "../deps.ts";
import { claimNextPart } from "./claim-part.ts";
import { factsOf, type HeldPart, holdPart } from "./hold-part.ts";
import { type Pace, paceTransfer } from "./pace-transfer.ts";
import { statementTimeoutSeconds } from "./run-import.ts";
import { mostUploading, readPart } from "./stage-parts.ts";
import { withSource } from "./with-source.ts";

interface Helper {
  /** The room. */
  owner: string;
  drain: AbortSignal;
  /** Transfers whose snapshot it could not have: it need not try again. */
  refused: Set<string>;
}

/**
 * Helps with another room's import: the part that was claimed, and over the same connection the next
 * ones, as long as there are any and no transfer waits for a room. Each is uploaded and settled while
 * the next is read. Never throws: how a part ended is on its row, as hold-part.ts says. Where the
 * snapshot is not to be had it is handed back.
 */
export function workParts(deps: Deps, first: ClaimedPart, helper: Helper): Promise<void> {
  return new Help(deps, first, helper).work();
}

class Help {
  readonly #deps: Deps;
  readonly #first: ClaimedPart;
  readonly #helper: Helper;
  /** Aborted when the part that is read is lost: the connection goes with it. */
  readonly #lost = new AbortController();
  readonly #signal: AbortSignal;
  /** What is read; parts of which only the uploads are awaited are not. */
  #held: HeldPart | null;
  readonly #uploading: Promise<void>[] = [];

  constructor(deps: Deps, first: ClaimedPart, helper: Helper) {
    this.#deps = deps;
    this.#first = first;
    this.#helper = helper;
    this.#signal = AbortSignal.any([helper.drain, this.#lost.signal]);
    this.#held = this.#hold(first);
  }

  async work(): Promise<void> {
    try {
      if (await this.#read()) return;
      this.#helper.refused.add(keyOfDivision(this.#first));
      await this.#held?.handBack();
    } catch (error) {
      if (this.#held) await this.#held.fail(error);
      else this.#deps.log.warn({ err: error, ...factsOf(this.#first) }, "transfer part: no other");
    }
  }

  #hold(part: ClaimedPart): HeldPart {
    const held = holdPart(this.#deps, part, {
      drain: this.#helper.drain,
      onLost: () => {
        if (this.#held === held) this.#lost.abort();
      },
    });
    return held;
  }

  /** False where the snapshot is not to be had. */
  async #read(): Promise<boolean> {
    const deps = this.#deps;
    const context = await readImportContext(deps.db, this.#first.transfer.tableRunId);
    if (!context?.database?.mayImport) return false;
    const address = databaseAddress(deps, context.database);
    const signal = this.#signal;
    const open = () => openSource(address, { statementTimeoutSeconds, signal });
    const pace = paceTransfer(deps, context.database.id, signal);
    const staging = withStagingDirectory((directory) =>
      withSource(open, (source) => this.#readAll(source, { directory, pay: pace.pay })),
    );
    return staging.finally(() => pace.end());
  }

  async #readAll(source: Source, how: { directory: string; pay: Pace["pay"] }): Promise<boolean> {
    const { division } = this.#first;
    if (!(await source.parts?.join(division, division.table))) return false;
    const file = openRowsFile(division.columns, division.nullMarker);
    const selection = { ...division, ...how, file, expectedRows: null };
    try {
      while (this.#held) {
        const held = this.#held;
        const { part, signal, report } = held;
        const facts = { ...factsOf(part), statement: part.statement };
        this.#deps.log.info(facts, "transfer part: statement");
        const own = { ...selection, signal, report };
        const { uploaded } = await readPart(this.#deps, source, part, own);
        this.#held = null;
        this.#uploading.push(held.settle(uploaded));
        if (this.#uploading.length > mostUploading) await this.#uploading.shift();
        if (!this.#signal.aborted) this.#held = await this.#next();
      }
    } finally {
      // Their files are in the directory.
      await Promise.all(this.#uploading);
      await file.dispose();
    }
    return true;
  }

  async #next(): Promise<HeldPart | null> {
    const part = await claimNextPart(this.#deps, this.#helper.owner, this.#first);
    return part && this.#hold(part);
  }
}
