/**
 * The words that the scanner must tell from names. Reserved ones can be a name only in backticks or
 * after a dot (GoogleSQL, "Reserved keywords"); the others mean something in one place alone.
 */
const reservedWords = `ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE
  CONTAINS CREATE CROSS CUBE CURRENT DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT
  EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL GROUP GROUPING GROUPS HASH HAVING IF
  IGNORE IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL NEW
  NO NOT NULL NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE
  RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED UNION
  UNNEST USING WHEN WHERE WINDOW WITH WITHIN`.split(/\s+/);

const contextualWords =
  `AGGREGATE BEGIN CLONE COPY DATA DELETE DO EACH EDGE ELSEIF EXCEPTION EXTERNAL
  FLATTEN FUNCTION INCLUDE INSERT JS LOAD LOOP MATERIALIZED NODE OFFSET OVERWRITE PRIVATE PUBLIC
  REPEAT REPLACE REPLICA SNAPSHOT TABLE TABLES TABLE_DATE_RANGE TABLE_DATE_RANGE_STRICT TABLE_QUERY
  TEMP TEMPORARY TRANSACTION TRIM TRUNCATE UNPIVOT UPDATE VIEW`.split(/\s+/);

/** No keyword: a name, or a word of no interest. */
export const noKeyword = "";

/** Upper case, or `noKeyword`. A plain string keeps the scanner's rules readable. */
export type Keyword = string;

const maxLength = 32;
const slots = 2048;
const table: (string | undefined)[] = new Array(slots).fill(undefined);
const reserved = new Set(reservedWords);

for (const word of [...reservedWords, ...contextualWords]) {
  let slot = hashOf(word, 0, word.length) % slots;
  while (table[slot] !== undefined) slot = (slot + 1) % slots;
  table[slot] = word;
}

export function isReserved(keyword: Keyword): boolean {
  return reserved.has(keyword);
}

/**
 * The keyword that text[start, end) spells in any case. It allocates nothing: of a catalog's
 * millions of words most are names.
 */
export function keywordAt(text: string, start: number, end: number): Keyword {
  const length = end - start;
  if (length < 2 || length > maxLength) return noKeyword;
  let slot = hashOf(text, start, end) % slots;
  for (let word = table[slot]; word !== undefined; word = table[slot]) {
    if (word.length === length && spells(text, start, word)) return word;
    slot = (slot + 1) % slots;
  }
  return noKeyword;
}

function hashOf(text: string, start: number, end: number): number {
  let hash = 7;
  for (let at = start; at < end; at += 1) hash = (hash * 31 + (text.charCodeAt(at) | 32)) | 0;
  return hash & 0x7fffffff;
}

function spells(text: string, start: number, word: string): boolean {
  for (let at = 0; at < word.length; at += 1) {
    const code = text.charCodeAt(start + at);
    const upper = code >= 97 && code <= 122 ? code - 32 : code;
    if (upper !== word.charCodeAt(at)) return false;
  }
  return true;
}
