import { readGitAddress } from "./git.ts";
import { define, line } from "./setting.ts";
import { keptText } from "./text.ts";

const address = line.refine(
  (text) => readGitAddress(text) !== null,
  "a repository over HTTPS or SSH, such as https://github.com/team/sql.git or git@github.com:team/sql.git",
);

const branch = line.refine(
  (text) => /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(text) && !/\.\.|\/\/|\.lock$|[./]$/.test(text),
  "a branch's name, such as main",
);

const token = line.refine((text) => /^[\x21-\x7e]+$/.test(text), "a token, copied whole and alone");

const several = (most: number) => keptText().trim().min(1, "it is empty").max(most);

const keyParts =
  /^(-----BEGIN [A-Z ]*PRIVATE KEY-----)([A-Za-z0-9+/=\s]+)(-----END [A-Z ]*PRIVATE KEY-----)$/;

/** A form's field loses the line breaks, and SSH wants them. */
const key = several(20_000)
  .refine(
    (text) => keyParts.test(text),
    "a private key without a passphrase, from its -----BEGIN to its -----END",
  )
  .transform((text) => {
    const [, begin = "", body = "", end = ""] = keyParts.exec(text) ?? [];
    const lines = body.replaceAll(/\s/g, "").match(/.{1,70}/g) ?? [];
    return [begin, ...lines, end].join("\n");
  });

const knownHosts = several(20_000).refine(
  (text) =>
    text.split("\n").every((one) => /^\S+ [\w@.-]+ [A-Za-z0-9+/=]+( .*)?$/.test(one.trim())),
  "lines of known_hosts: a host, the kind of its key, and the key",
);

const patience = line
  .refine((text) => /^\d{2,4}$/.test(text), "seconds, from 10 to 3600")
  .transform(Number)
  .refine((seconds) => seconds >= 10 && seconds <= 3_600, "seconds, from 10 to 3600");

/** The settings of the repository that saves go to. */
export const gitSettings = {
  "git.url": define({
    label: "Repository",
    help: "where every save becomes a commit, over HTTPS or SSH; who may write there may change every table",
    variable: "GIT_URL",
    schema: address,
  }),
  "git.branch": define({
    label: "Branch",
    help: "of that repository",
    variable: "GIT_BRANCH",
    schema: branch,
    default: "main",
  }),
  "git.token": define({
    label: "Token",
    help: "for HTTPS: one that may read and write the repository's contents, such as GitHub's github_pat_",
    secret: true,
    variable: "GIT_TOKEN",
    schema: token,
  }),
  "git.key": define({
    label: "Private key",
    help: "for SSH: of a deploy key that may write, without a passphrase",
    secret: true,
    variable: "GIT_KEY",
    schema: key,
  }),
  "git.knownHosts": define({
    label: "Known hosts",
    help: "for SSH: the keys of its host, as its owner publishes them; a host that shows another is refused",
    variable: "GIT_KNOWN_HOSTS",
    schema: knownHosts,
  }),
  "git.silentSeconds": define({
    label: "Patience",
    help: "seconds without a word from the repository after which a fetch or a push is given up, 10 to 3600",
    variable: "GIT_SILENT_SECONDS",
    schema: patience,
    default: "120",
  }),
  "git.webhookSecret": define({
    label: "Secret of the webhook",
    help: "what the repository signs its pushes with: they are taken in at once, at /git/webhook",
    secret: true,
    variable: "GIT_WEBHOOK_SECRET",
    schema: line.refine((text) => text.length >= 16, "at least 16 characters"),
  }),
} as const;
