import { MaestroError } from "../../../shared/errors.ts";

/*
 * An address of a notification is often all that somebody needs to send one: its path, its query or the
 * credentials in it are the secret. Files, which end up in repositories, hold its host alone, and the
 * table keeps the rest.
 */

const hidden = "[hidden]";

/** `https://host/[hidden]` for each address that has more than a host. */
export function hideAddresses(urls: readonly string[]): string[] {
  return urls.map(hide);
}

function hide(url: string): string {
  const [, scheme, authority = "", rest = ""] = /^([a-z]+:\/\/)([^/?#]*)(.*)$/is.exec(url) ?? [];
  if (scheme === undefined) return hidden;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const isPlain = host === authority && (rest === "" || rest === "/");
  return isPlain ? url : `${scheme}${host}/${hidden}`;
}

/**
 * The addresses that a file stands for. What is hidden in it is what the table has at that host; which
 * of several it is must be plain. Throws `invalidInput` otherwise.
 */
export function revealAddresses(written: readonly string[], known: readonly string[]): string[] {
  const isHidden = (url: string) => url.endsWith(hidden);
  const open = known.filter((url) => !written.includes(url));
  return written.map((url, at) => {
    if (!isHidden(url)) return url;
    const meant = open.filter((one) => hide(one) === url);
    const alike = written.filter((one) => one === url).length;
    const before = written.slice(0, at).filter((one) => one === url).length;
    const found = alike === meant.length ? meant[before] : undefined;
    if (found !== undefined) return found;
    const there = meant.length === 0 ? "none" : `${meant.length}, and the file names ${alike}`;
    throw new MaestroError(
      "invalidInput",
      `notifyUrls: ${url} stands for an address that the table has at that host, and it has ${there}: write the addresses out, or change them in Maestro`,
      { field: "notifyUrls" },
    );
  });
}
