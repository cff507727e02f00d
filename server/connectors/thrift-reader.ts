/*
 * Reads structs of Thrift's compact protocol (apache/thrift, doc/specs/thrift-compact-protocol.md), as
 * Parquet's headers are, without knowing their fields: each is found by its number.
 */

export type ThriftField = number | boolean | Buffer | ThriftField[] | ThriftFields;

const wireTypes = {
  isTrue: 1,
  isFalse: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
};
const longList = 15;

/** A struct by the numbers of its fields. Its getters throw where a field is absent or another type. */
export class ThriftFields {
  readonly #fields = new Map<number, ThriftField>();

  set(field: number, value: ThriftField): void {
    this.#fields.set(field, value);
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  number(field: number, otherwise?: number): number {
    const value = this.#fields.get(field) ?? otherwise;
    if (typeof value === "number") return value;
    throw unexpected(field);
  }

  isTrue(field: number, otherwise: boolean): boolean {
    const value = this.#fields.get(field) ?? otherwise;
    if (typeof value === "boolean") return value;
    throw unexpected(field);
  }

  text(field: number): string {
    const value = this.#fields.get(field);
    if (Buffer.isBuffer(value)) return value.toString("utf8");
    throw unexpected(field);
  }

  struct(field: number): ThriftFields {
    const value = this.#fields.get(field);
    if (value instanceof ThriftFields) return value;
    throw unexpected(field);
  }

  structs(field: number): ThriftFields[] {
    return this.#list(field).map((value) => {
      if (value instanceof ThriftFields) return value;
      throw unexpected(field);
    });
  }

  numbers(field: number): number[] {
    return this.#list(field).map((value) => {
      if (typeof value === "number") return value;
      throw unexpected(field);
    });
  }

  #list(field: number): ThriftField[] {
    const value = this.#fields.get(field);
    if (Array.isArray(value)) return value;
    throw unexpected(field);
  }
}

/** Throws a RangeError where the struct goes on behind the bytes. `end` is where it ends. */
export function readStruct(bytes: Buffer): { fields: ThriftFields; end: number } {
  const reader = new Reader(bytes);
  return { fields: reader.struct(), end: reader.at };
}

class Reader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  struct(): ThriftFields {
    const fields = new ThriftFields();
    let last = 0;
    for (let head = this.#byte(); head !== 0; head = this.#byte()) {
      const step = head >> 4;
      last = step === 0 ? this.#zigzag() : last + step;
      fields.set(last, this.#value(head & 0x0f));
    }
    return fields;
  }

  #value(type: number): ThriftField {
    switch (type) {
      case wireTypes.isTrue:
        return true;
      case wireTypes.isFalse:
        return false;
      case wireTypes.byte:
        return this.#byte();
      case wireTypes.i16:
      case wireTypes.i32:
      case wireTypes.i64:
        return this.#zigzag();
      case wireTypes.double:
        return this.#take(8).readDoubleLE();
      case wireTypes.binary:
        return this.#take(this.#varint());
      case wireTypes.list:
      case wireTypes.set:
        return this.#list();
      case wireTypes.struct:
        return this.struct();
      default:
        throw new Error(`Thrift has no type ${type}`);
    }
  }

  #list(): ThriftField[] {
    const head = this.#byte();
    const type = head & 0x0f;
    const size = head >> 4 === longList ? this.#varint() : head >> 4;
    const values: ThriftField[] = [];
    for (let at = 0; at < size; at++) {
      // A boolean of a list has a byte of its own.
      values.push(type <= wireTypes.isFalse ? this.#byte() === 1 : this.#value(type));
    }
    return values;
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Larger ones than a number holds exactly are in statistics alone, which nobody asks for. */
  #varint(): number {
    let value = 0;
    for (let weight = 1; ; weight *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new RangeError("a Thrift struct ends too early");
    return byte;
  }

  #take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new RangeError("a Thrift struct ends too early");
    const taken = this.#bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}

function unexpected(field: number): Error {
  return new Error(`field ${field} of a Thrift struct is not what Parquet says`);
}
