import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { promisify } from "node:util";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addCompletion } from "../../server/commands/completion.ts";

/*
 * The shells themselves run the scripts. `maestro complete`, which the scripts ask, is played here: it
 * completes `di` to a word with what it is, and `shop` to a name with what a shell could take for more.
 */

const played = `#!/bin/sh
for last; do :; done
[ "$1 $2" = "complete --" ] || exit 1
case "$3 $last" in
  "tables di") printf 'diff\\tthe lines: changed\\n';;
  "run shop") printf 'shop:a\\tsummary\\n';;
esac
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maestro-shells-"));
  await mkdir(join(folder, "functions"));
  await writeFile(join(folder, "maestro"), played, { mode: 0o755 });
  await writeFile(join(folder, "some-file"), "");
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = await scriptOf(shell);
    await writeFile(join(folder, `script.${shell}`), script);
    if (shell === "zsh") await writeFile(join(folder, "functions/_maestro"), script);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function scriptOf(shell: string): Promise<string> {
  let script = "";
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      script += chunk;
      done();
    },
  });
  const io = { stdout, stderr: stdout, env: {}, findLocalServer: async () => null };
  const program = new Command("maestro");
  addCompletion(io, program);
  await program.parseAsync(["completion", shell], { from: "user" });
  return script;
}

async function runShell(shell: string, args: string[]): Promise<string> {
  const env = { PATH: `${folder}:${process.env["PATH"]}`, HOME: folder, TERM: "dumb" };
  const options = { env, cwd: folder, timeout: 40_000 };
  return (await promisify(execFile)(shell, args, options)).stdout;
}

test("bash", async () => {
  const typed = (words: string) =>
    `COMP_WORDS=(${words}); COMP_CWORD=2; _maestro_complete; echo "\${COMPREPLY[@]}"`;
  const script = `source script.bash; ${typed("maestro tables di")}; ${typed("maestro run shop")}`;
  expect(await runShell("bash", ["-c", script])).toBe("diff\nshop:a\n");
});

test("fish shows what each word is, and files where there is nothing else", async () => {
  const script = ["tables di", "run shop", "run some"]
    .map((words) => `complete -C "maestro ${words}"`)
    .join("; ");
  expect(await runShell("fish", ["-c", `source script.fish; ${script}`])).toMatch(
    /^diff\tthe lines: changed\nshop:a\tsummary\nsome-file/,
  );
});

test("zsh, by a script that is sourced or lies where its functions are", async () => {
  // At a terminal: what is typed ends with Tab, and the line shows what it became.
  const script = `zmodload zsh/zpty
    type_in() { zpty -w -n shell $'\\C-u'"$1"$'\\t'; zpty -r shell seen "*$2*" }
    for begin in 'source script.zsh' \\
      'fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D'; do
      zpty shell zsh -f -i
      zpty -w shell "PS1=; $begin && print REA''DY"
      zpty -r shell seen '*READY*'
      type_in 'maestro tables di' 'tables diff'
      type_in 'maestro run shop' 'run shop*:a'
      type_in 'maestro run some' 'run some-file'
      zpty -d shell
      print completed
    done`;
  expect(await runShell("zsh", ["-f", "-c", script])).toBe("completed\ncompleted\n");
});
