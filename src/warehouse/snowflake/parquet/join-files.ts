/**
 * Parquet files with the same columns as one: their groups of rows, byte by byte, and one description of them all. Nothing is
 * decoded, so that it costs a copy. https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { appendFile, open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { MillraceError } from '../../../model/millrace-error.ts'
import { readStruct, writeStruct, type Field, type Struct, type Value } from './compact-protocol.ts'

export type ParquetFile = {
  readonly path: string
  /** Of the whole file. */
  readonly bytes: number
  /** FileMetaData. */
  readonly description: Struct
  /** Equal where the columns and the program that wrote them are: what is described but the rows. */
  readonly kind: string
  /** Where it begins: before it come the groups of rows. */
  readonly end: number
}

export async function openParquet(path: string): Promise<ParquetFile> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const tail = Buffer.alloc(tailBytes)
    if (size >= 2 * tailBytes) await file.read(tail, 0, tailBytes, size - tailBytes)
    const length = tail.readUInt32LE(0)
    if (tail.toString('latin1', 4) !== magic || length > size - tailBytes) throw notParquet(path)
    const description = Buffer.alloc(length)
    const end = size - tailBytes - length
    await file.read(description, 0, length, end)
    const described = readStruct(description)
    return { path, bytes: size, description: described, kind: kindOf(described), end }
  } finally {
    await file.close()
  }
}

/** @param files of one kind, at least one */
export async function joinParquet(files: readonly ParquetFile[], into: string): Promise<void> {
  const [first] = files
  if (!first) return
  let written = 0
  let rows = 0n
  const groups: Value[] = []
  for (const file of files) {
    const from = written === 0 ? 0 : magic.length
    await pipeline(
      createReadStream(file.path, { start: from, end: file.end - 1, highWaterMark: copiedBytes }),
      createWriteStream(into, { flags: written === 0 ? 'w' : 'a' }),
    )
    const moved = BigInt(written - from)
    rows += intOf(file.description, field.file.rows)
    for (const group of groupsOf(file)) groups.push(moveGroup(group, moved, groups.length))
    written += file.end - from
  }
  const description = writeStruct(
    first.description.map(({ id, value }): Field => {
      if (id === field.file.rows && 'int' in value) return { id, value: { ...value, int: rows } }
      if (id === field.file.groups && 'items' in value) return { id, value: { ...value, items: groups } }
      return { id, value }
    }),
  )
  const tail = Buffer.alloc(tailBytes)
  tail.writeUInt32LE(description.length)
  tail.write(magic, 4, 'latin1')
  await appendFile(into, Buffer.concat([description, tail]))
}

/** Everything that says where something stands, and the number of the group. */
function moveGroup(group: Value, by: bigint, nth: number): Value {
  return change(group, (id, value) => {
    if (id === field.group.offset) return shift(value, by)
    // It has 16 bits, and nobody needs it where nothing is encrypted.
    if (id === field.group.nth && 'int' in value) return nth <= 0x7fff ? { ...value, int: BigInt(nth) } : null
    if (id !== field.group.columns || !('items' in value)) return value
    return { ...value, items: value.items.map((column) => moveColumn(column, by)) }
  })
}

const moveColumn = (column: Value, by: bigint): Value =>
  change(column, (id, value) => {
    if (field.column.offsets.includes(id)) return shift(value, by)
    if (id !== field.column.about) return value
    return change(value, (each, inner) => (field.about.offsets.includes(each) ? shift(inner, by) : inner))
  })

function change(value: Value, to: (id: number, value: Value) => Value | null): Value {
  if (!('fields' in value)) return value
  const fields = value.fields.flatMap(({ id, value: each }) => {
    const changed = to(id, each)
    return changed ? [{ id, value: changed }] : []
  })
  return { ...value, fields }
}

/** An offset of 0 says that there is none: the file begins with its magic. */
const shift = (value: Value, by: bigint): Value =>
  'int' in value && value.int > 0n ? { ...value, int: value.int + by } : value

const kindOf = (description: Struct): string =>
  Buffer.from(writeStruct(description.filter(({ id }) => id !== field.file.rows && id !== field.file.groups))).toString(
    'latin1',
  )

function groupsOf({ description }: ParquetFile): readonly Value[] {
  const groups = description.find(({ id }) => id === field.file.groups)?.value
  return groups && 'items' in groups ? groups.items : []
}

function intOf(fields: Struct, id: number): bigint {
  const value = fields.find((each) => each.id === id)?.value
  return value && 'int' in value ? value.int : 0n
}

const notParquet = (path: string) =>
  new MillraceError('MR-7000', {
    message: `Joining staged files: ${path} is no Parquet file, or was cut.`,
    kept: 'Nothing of this commit was written.',
    next: 'Run again: it is read once more. If it comes back, look at the disk under .millrace/spool, and report it.',
  })

/** The numbers that parquet.thrift gives to the fields. */
const field: {
  readonly file: { readonly rows: number; readonly groups: number }
  readonly group: { readonly columns: number; readonly offset: number; readonly nth: number }
  readonly column: { readonly offsets: readonly number[]; readonly about: number }
  readonly about: { readonly offsets: readonly number[] }
} = {
  file: { rows: 3, groups: 4 },
  group: { columns: 1, offset: 5, nth: 7 },
  column: { offsets: [2, 4, 6], about: 3 },
  about: { offsets: [9, 10, 11, 14] },
}

const magic = 'PAR1'
/** The length of the description, and the magic. */
const tailBytes = 8
const copiedBytes = 1024 * 1024
