import { MaestroError } from "../../shared/errors.ts";
import type { CommandIo } from "./client-connection.ts";

const interrupt = "\u0003";
const ends = new Set(["\r", "\n"]);
const backspaces = new Set(["\b", "\u007f"]);

/**
 * A secret that no shell keeps in its history: the first line of standard input where `fromStdin`, the
 * environment variable, or what is typed at the prompt, which does not show. Null where there is none,
 * and nobody to ask.
 */
export async function readSecret(
  io: CommandIo,
  options: { variable: string; prompt: string; fromStdin: boolean },
): Promise<string | null> {
  if (options.fromStdin) return readLine(io);
  const named = io.env[options.variable];
  if (named !== undefined) return named;
  if (io.stdin?.isTTY !== true) return null;
  return readHidden(io, options.prompt);
}

async function readLine({ stdin }: CommandIo): Promise<string> {
  let text = "";
  for await (const chunk of stdin ?? []) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  return text.split(/\r?\n/)[0] ?? "";
}

async function readHidden(io: CommandIo, prompt: string): Promise<string> {
  const { stdin, stderr } = io;
  if (!stdin) return "";
  stderr.write(`${prompt}: `);
  stdin.setRawMode?.(true);
  stdin.resume();
  let typed = "";
  let stop = () => {};
  try {
    return await new Promise((resolve, reject) => {
      const onData = (chunk: Buffer | string) => {
        for (const character of String(chunk)) {
          if (ends.has(character)) return resolve(typed);
          if (character === interrupt) reject(new MaestroError("cancelled", "nothing was done"));
          typed = backspaces.has(character) ? typed.slice(0, -1) : typed + character;
        }
      };
      stop = () => stdin.off("data", onData);
      stdin.on("data", onData);
    });
  } finally {
    stop();
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write("\n");
  }
}
