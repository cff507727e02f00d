/** Below this a loop copies faster than a call does. */
const shortRange = 48;

/** Bytes one after the other, in a buffer that grows. */
export class ByteBuffer {
  bytes: Buffer;
  length = 0;

  constructor(firstBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(firstBytes);
  }

  put(bytes: Buffer): void {
    this.putRange(bytes, 0, bytes.length);
  }

  putRange(from: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    const { bytes } = this;
    let into = this.length;
    if (end - start >= shortRange) into += from.copy(bytes, into, start, end);
    else for (let at = start; at < end; at++) bytes[into++] = from[at] ?? 0;
    this.length = into;
  }

  putByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  /** Makes room for so many more. */
  reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
