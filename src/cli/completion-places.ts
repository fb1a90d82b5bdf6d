/** Which names may stand at which place of the command line. */
import type { Argument, Command, Option } from 'commander'
import type { NameKind } from './completion-names.ts'

/** null: nothing that the project could name. undefined: nobody has said, which a test forbids. */
export function kindOfArgument(command: Command, argument: Argument): NameKind | null | undefined {
  const own = `${pathOf(command)} ${argument.name()}`
  return ofPlace.get(own) ?? ofGroup.get(pathOf(command).split(' ')[0] ?? '') ?? ofArgument.get(argument.name())
}

export const kindOfOption = ({ long, short }: Option): NameKind | undefined => ofOption.get(long ?? short ?? '')

/** Without the program's own name. */
const pathOf = (command: Command): string =>
  command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()

const ofPlace: ReadonlyMap<string, NameKind> = new Map([
  ['backfill name', 'etl'],
  ['sync preview name', 'reverse'],
  ['connection test name', 'connection'],
  ['connection discover name', 'connection'],
  ['connection discover stream', 'collection'],
  ['sandbox fault words', 'fault'],
])

const ofGroup: ReadonlyMap<string, NameKind> = new Map([['schedule', 'schedule']])

const ofArgument: ReadonlyMap<string, NameKind | null> = new Map<string, NameKind | null>([
  ['select', 'select'],
  ['name', 'sync'],
  ['old', 'sync'],
  ['new', 'sync'],
  ['code', 'code'],
  ['shell', 'shell'],
  ['warehouse', 'warehouse'],
  ['vendor', 'connector'],
  ['file', 'files'],
  ['dir', 'directories'],
  ['id', null],
  ['key', null],
  ['days', null],
  ['words', null],
  ['object', null],
])

const ofOption: ReadonlyMap<string, NameKind> = new Map([
  ['-C', 'directories'],
  ['--target', 'target'],
  ['--stream', 'stream'],
  ['--sync', 'sync'],
  ['--exclude', 'select'],
  ['--write', 'directories'],
])
