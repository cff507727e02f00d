import { expect, test } from "vitest";
import {
  snappyCompress,
  snappyUncompress,
} from "../../server/embedded/warehouse/formats/snappy.ts";

test("Snappy unpacks what others pack, gives back what it packed, and refuses what is broken", () => {
  // Four bytes, and a copy of them.
  const foreign = Buffer.concat([
    Buffer.from([8, 12]),
    Buffer.from("abcd"),
    Buffer.from([14, 4, 0]),
  ]);
  expect(snappyUncompress(foreign, 100).toString()).toBe("abcdabcd");
  for (const length of [0, 1, 3, 4, 59, 60, 61, 70_000, 300_000]) {
    const random = Buffer.from(Array.from({ length }, (_, i) => (i * i * 31 + (i >> 3)) % 251));
    const repeated = Buffer.from("0123456789".repeat(length).slice(0, length));
    for (const data of [random, repeated]) {
      expect(snappyUncompress(snappyCompress(data), length).equals(data)).toBe(true);
    }
  }
  expect(snappyCompress(Buffer.alloc(100_000, "ab")).length).toBeLessThan(6_000);
  expect(() => snappyUncompress(Buffer.from([200, 1, 0]), 1_000)).toThrow(RangeError);
  expect(() => snappyUncompress(Buffer.from([255, 255, 255, 255, 15]), 1_000)).toThrow("too long");
});
