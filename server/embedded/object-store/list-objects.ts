import { globPattern } from "./match-glob.ts";
import type { ObjectDocument } from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";

export interface Listing {
  items: ObjectDocument[];
  prefixes: string[];
  nextPageToken: string | undefined;
}

/** REST's objects.list: `delimiter` folds names into prefixes; a page holds both. */
export function listObjects(
  files: ObjectFiles,
  bucket: string,
  query: {
    prefix?: string;
    delimiter?: string;
    pageToken?: string;
    maxResults?: string;
    startOffset?: string;
    endOffset?: string;
    matchGlob?: string;
    includeTrailingDelimiter?: string;
  },
): Listing {
  const prefix = query.prefix ?? "";
  const after = query.pageToken ? Buffer.from(query.pageToken, "base64url").toString("utf8") : null;
  const limit = Math.min(1000, Math.max(1, Number(query.maxResults ?? 1000) || 1000));
  const objects = files.list(bucket, prefix).filter(isAskedFor(query));
  const entries = new Map<string, ObjectDocument | null>();
  const shownTwice: ObjectDocument[] = [];
  for (const object of objects) {
    const folded = foldedPrefix(object.name, prefix, query.delimiter);
    entries.set(folded ?? object.name, folded === null ? object : null);
    if (folded === object.name && query.includeTrailingDelimiter === "true") {
      shownTwice.push(object);
    }
  }
  const keys = [...entries.keys()];
  const start = after === null ? 0 : keys.findIndex((key) => isAfter(key, after));
  const shown = start < 0 ? [] : keys.slice(start, start + limit);
  return {
    items: [
      ...shown.flatMap((key) => entries.get(key) ?? []),
      ...shownTwice.filter(({ name }) => shown.includes(name)),
    ],
    prefixes: shown.filter((key) => entries.get(key) === null),
    nextPageToken: shown.at(-1) === keys.at(-1) ? undefined : tokenOf(shown.at(-1) ?? ""),
  };
}

/** Whether a name lies between the offsets and matches the glob. */
function isAskedFor(query: {
  startOffset?: string;
  endOffset?: string;
  matchGlob?: string;
}): (object: ObjectDocument) => boolean {
  const { startOffset, endOffset } = query;
  const glob = query.matchGlob ? globPattern(query.matchGlob) : null;
  return ({ name }) =>
    !(startOffset && isAfter(startOffset, name)) &&
    !(endOffset && !isAfter(endOffset, name)) &&
    (glob?.test(name) ?? true);
}

function tokenOf(name: string): string {
  return Buffer.from(name).toString("base64url");
}

/** In the order of listings, which is that of the UTF-8 bytes. */
function isAfter(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;
}

function foldedPrefix(name: string, prefix: string, delimiter: string | undefined): string | null {
  if (!delimiter) return null;
  const at = name.indexOf(delimiter, prefix.length);
  return at < 0 ? null : name.slice(0, at + delimiter.length);
}
