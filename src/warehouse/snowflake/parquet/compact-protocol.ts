/**
 * Thrift's compact protocol, in which a Parquet file describes itself: read without knowing the fields, and written as it was.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

export type Struct = readonly Field[]

export type Field = { readonly id: number; readonly value: Value }

export type Value =
  /** The type says it all. */
  | { readonly type: typeof yes | typeof no }
  | { readonly type: typeof i16 | typeof i32 | typeof i64; readonly int: bigint }
  /** As it stands in the file, length included. */
  | { readonly type: typeof byte | typeof double | typeof binary | typeof uuid; readonly bytes: Uint8Array }
  | { readonly type: typeof list | typeof set; readonly of: number; readonly items: readonly Value[] }
  | { readonly type: typeof struct; readonly fields: Struct }

const [yes, no, byte, i16, i32, i64, double, binary, list, set, struct, uuid] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13,
] as const

/** Throws a RangeError for bytes that are no such structure. */
export function readStruct(bytes: Uint8Array): Struct {
  return new Reader(bytes).struct()
}

export function writeStruct(fields: Struct): Uint8Array {
  const parts: Uint8Array[] = []
  addStruct(parts, fields)
  return Buffer.concat(parts)
}

class Reader {
  #at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  struct(): Struct {
    const fields: Field[] = []
    for (let id = 0; ;) {
      const head = this.#byte()
      if (head === 0) return fields
      const step = head >> 4
      id = step === 0 ? Number(this.#zigzag()) : id + step
      fields.push({ id, value: this.#value(head & 0x0f) })
    }
  }

  #value(type: number): Value {
    switch (type) {
      case yes:
      case no:
        return { type }
      case i16:
      case i32:
      case i64:
        return { type, int: this.#zigzag() }
      case byte:
        return { type, bytes: this.#take(1) }
      case double:
        return { type, bytes: this.#take(8) }
      case uuid:
        return { type, bytes: this.#take(16) }
      case binary: {
        const from = this.#at
        this.#take(Number(this.#varint()))
        return { type, bytes: this.#bytes.subarray(from, this.#at) }
      }
      case list:
      case set:
        return this.#list(type)
      case struct:
        return { type, fields: this.struct() }
      default:
        throw new RangeError(`Type ${type} at ${this.#at} is none that Parquet uses.`)
    }
  }

  #list(type: typeof list | typeof set): Value {
    const head = this.#byte()
    const of = head & 0x0f
    const size = head >> 4 === longList ? Number(this.#varint()) : head >> 4
    // In a list a truth is a byte of its own.
    const one = () => (of === yes || of === no ? byte : of)
    return { type, of, items: Array.from({ length: size }, () => this.#value(one())) }
  }

  #zigzag(): bigint {
    const value = this.#varint()
    return (value >> 1n) ^ -(value & 1n)
  }

  #varint(): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const next = this.#byte()
      value |= BigInt(next & 0x7f) << shift
      if (next < 0x80) return value
    }
  }

  #byte(): number {
    return this.#take(1)[0] ?? 0
  }

  #take(length: number): Uint8Array {
    const from = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError(`It ends at ${this.#bytes.length}, within a value.`)
    return this.#bytes.subarray(from, this.#at)
  }
}

function addStruct(parts: Uint8Array[], fields: Struct): void {
  let last = 0
  for (const { id, value } of fields) {
    const step = id - last
    if (step > 0 && step <= 15) parts.push(Uint8Array.of((step << 4) | value.type))
    else parts.push(Uint8Array.of(value.type), zigzag(BigInt(id)))
    addValue(parts, value)
    last = id
  }
  parts.push(Uint8Array.of(0))
}

function addValue(parts: Uint8Array[], value: Value): void {
  if ('int' in value) parts.push(zigzag(value.int))
  else if ('bytes' in value) parts.push(value.bytes)
  else if ('fields' in value) addStruct(parts, value.fields)
  else if ('items' in value) {
    const { length } = value.items
    if (length < longList) parts.push(Uint8Array.of((length << 4) | value.of))
    else parts.push(Uint8Array.of((longList << 4) | value.of), varint(BigInt(length)))
    for (const item of value.items) addValue(parts, item)
  }
}

const zigzag = (value: bigint): Uint8Array => varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)))

function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

const longList = 15
