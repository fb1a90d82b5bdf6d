/** Whole days can be replaced only where a date says which day a row is of. */
import type { EtlSync, StreamConfig } from '../config/project.ts'
import { asksItself } from '../config/stream-glob.ts'
import type { Stream } from '../connector/contract.ts'
import { MillraceError } from '../model/millrace-error.ts'

/** As the default of a whole sync, and on a glob, `restate` holds for the reports among its streams. */
export function restatedBy(stream: Stream, config: StreamConfig): StreamConfig {
  const holds = config.restate === null || asksItself(config, 'restate') || isReport(stream)
  return holds ? config : { ...config, restate: null }
}

/** @throws MillraceError MR-1208 where none of its streams is a report */
export function refuseIdleRestate(
  sync: EtlSync,
  wanted: ReadonlyMap<string, StreamConfig>,
  plans: readonly { readonly stream: Stream; readonly config: StreamConfig }[],
): void {
  if (plans.some(({ config }) => config.restate !== null)) return
  const idle = plans.find(({ stream }) => (wanted.get(stream.name)?.restate ?? null) !== null)
  if (idle) throw noDays(sync, idle.stream, idle.config)
}

/** @throws MillraceError MR-1208 */
export function refuseNoDays(sync: EtlSync, stream: Stream, config: StreamConfig): void {
  if (config.restate !== null && config.options['window'] !== undefined)
    throw new MillraceError('MR-1208', {
      message: `${sync.name}: ${stream.name} has both  restate: { window }  and the option  window , which say the same. (${config.place.file}:${config.place.line})`,
      kept: 'Nothing was read or changed.',
      next: 'Keep  restate .',
    })
  if (!isReport(stream)) throw noDays(sync, stream, config)
}

const isReport = ({ boundedBy, reportsDays, columns }: Stream): boolean =>
  reportsDays === true && boundedBy !== undefined && columns[boundedBy] === 'date'

const noDays = (sync: EtlSync, { name }: Stream, { place }: StreamConfig) =>
  new MillraceError('MR-1208', {
    message: `${sync.name}: ${name} is no report by days, so none can be restated or replaced. (${place.file}:${place.line})`,
    kept: 'Nothing was read or changed.',
    next: 'Take  restate  or  mode: replace_window  off this stream.',
  })
