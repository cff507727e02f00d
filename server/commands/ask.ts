import { MaestroError } from "../../shared/errors.ts";
import type { CommandIo } from "./client-connection.ts";

/** Asks for a yes, where somebody is there to ask. Throws where nobody is, naming `flag`. */
export async function confirm(io: CommandIo, question: string, flag = "--yes"): Promise<boolean> {
  const { stdin, stderr } = io;
  if (stdin?.isTTY !== true) {
    throw new MaestroError(
      "invalidInput",
      `nobody is there to answer "${question}": say ${flag} to go on without asking`,
    );
  }
  stderr.write(`${question} [y/N] `);
  stdin.resume();
  const answer = await new Promise<string>((resolve) => {
    stdin.once("data", (chunk: Buffer | string) => resolve(String(chunk)));
    stdin.once("end", () => resolve(""));
  });
  stdin.pause();
  return /^y(es)?$/i.test(answer.trim());
}
