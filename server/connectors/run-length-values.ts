/*
 * Small whole numbers as Parquet's levels and indices are kept: runs of one number, or groups of eight
 * packed into bits, the lowest first (apache/parquet-format, Encodings.md, "RLE / Bit-Packed Hybrid").
 */
export class RunLengthValues {
  readonly #bytes: Buffer;
  readonly #width: number;
  #at: number;
  /** How many values the run has still. */
  #left = 0;
  #isPacked = false;
  #value = 0;
  /** Bits that are taken from the bytes and not handed out yet. */
  #bits = 0;
  #bitCount = 0;

  constructor(bytes: Buffer, at: number, width: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#width = width;
  }

  next(): number {
    if (this.#left === 0) this.#beginRun();
    this.#left -= 1;
    return this.#isPacked ? this.#unpack() : this.#value;
  }

  /** As many as `into` has room for. */
  read(into: Uint8Array): void {
    for (let at = 0; at < into.length; ) {
      if (this.#left === 0) this.#beginRun();
      const count = Math.min(this.#left, into.length - at);
      const end = at + count;
      if (this.#isPacked) for (; at < end; at++) into[at] = this.#unpack();
      else into.fill(this.#value, at, end);
      at = end;
      this.#left -= count;
    }
  }

  /** Whether the next values, so many, are of one run of that number; they are then passed over. */
  skipRun(count: number, value: number): boolean {
    if (count > 0 && this.#left === 0) this.#beginRun();
    const isRun = count === 0 || (!this.#isPacked && this.#value === value && this.#left >= count);
    if (isRun) this.#left -= count;
    return isRun;
  }

  #beginRun(): void {
    const head = this.#varint();
    this.#isPacked = (head & 1) === 1;
    this.#bits = 0;
    this.#bitCount = 0;
    if (this.#isPacked) {
      this.#left = (head >>> 1) * 8;
    } else {
      this.#left = head >>> 1;
      this.#value = 0;
      for (let shift = 0; shift < this.#width; shift += 8) this.#value |= this.#byte() << shift;
    }
    if (this.#left === 0) throw new RangeError("a run of no values");
  }

  #unpack(): number {
    const width = this.#width;
    if (width === 0) return 0;
    let { bits, count } = { bits: this.#bits, count: this.#bitCount };
    if (width > 24) return this.#unpackWide();
    while (count < width) {
      bits |= this.#byte() << count;
      count += 8;
    }
    this.#bits = bits >>> width;
    this.#bitCount = count - width;
    return bits & ((1 << width) - 1);
  }

  /** Where 32 bits would not hold what is left of a byte too. */
  #unpackWide(): number {
    let value = 0;
    for (let bit = 0; bit < this.#width; bit++) {
      if (this.#bitCount === 0) {
        this.#bits = this.#byte();
        this.#bitCount = 8;
      }
      value += (this.#bits & 1) * 2 ** bit;
      this.#bits >>>= 1;
      this.#bitCount -= 1;
    }
    return value;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError("a page of a staged file ends too early");
    return byte;
  }
}
