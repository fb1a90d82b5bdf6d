import { MillraceError } from '../model/millrace-error.ts'
import type { Ending } from './call.ts'
import type { Failure } from './host.ts'
import { codeOfKind } from './http-error.ts'
import type { Redactor } from './redact.ts'

type Report = {
  readonly connection: string
  readonly label: string
  readonly docs: string
  readonly tries: number
  readonly spentMs: number
  readonly ending: Ending
  readonly now: Date
  readonly redactor: Redactor
  readonly cause: unknown
}

/** The error that ends a call: who said what, how often in how long, to which request, and when to come back. */
export function describeFailure(failure: Failure, report: Report): MillraceError {
  const comeBack = report.ending === 'absurd' ? inWords(failure.retryAfterMs ?? 0) : undefined
  const request = failure.requestId
    ? `${report.label}, request ${report.redactor.text(failure.requestId)}`
    : report.label
  const often = report.tries > 1 ? ` ${times(report.tries)} in ${seconds(report.spentMs)}` : ''
  return new MillraceError(codeOfKind[failure.kind], {
    message: `${report.connection} ${what(failure)}${often} (${request})${says(failure)}${comeBack ? ` It asks to come back in ${comeBack}.` : ''}`,
    kept: keptBy(failure, report.ending),
    next: nextSteps(failure, report, comeBack),
    retry: failure.kind === 'malformed' ? 'later' : undefined,
    retryAfterMs: failure.retryAfterMs,
    cause: report.redactor.deep(report.cause),
  })
}

function what(failure: Failure): string {
  if (failure.status !== undefined && failure.kind !== 'malformed') return `answered ${failure.status}`
  switch (failure.kind) {
    case 'auth':
      return 'refused the credentials'
    case 'rate':
      return 'said that there are too many requests'
    case 'server':
      return 'answered with an error'
    case 'network':
      return 'could not be reached'
    case 'timeout':
      return 'took too long'
    case 'refused':
      return 'refused the request'
    case 'quota':
      return 'has no quota left for us'
    case 'malformed':
      return 'sent an answer that cannot be used'
  }
}

function says(failure: Failure): string {
  const code = failure.code && !failure.message.includes(failure.code) ? `${failure.code}: ` : ''
  const text = `${code}${failure.message}`.trim()
  return text === '' ? '.' : `: ${text}${/[.!?…]$/.test(text) ? '' : '.'}`
}

function keptBy(failure: Failure, ending: Ending): string {
  if (failure.notReceived) return `The request had no effect. ${keptBefore}`
  return ending === 'not repeatable'
    ? `It was not sent again: whether it had an effect is not known. ${keptBefore}`
    : keptBefore
}

function nextSteps(failure: Failure, report: Report, comeBack: string | undefined): readonly string[] {
  const test = `millrace connection test ${report.connection}`
  if (comeBack) return [`Run it again after ${instant(new Date(report.now.getTime() + (failure.retryAfterMs ?? 0)))}.`]
  switch (failure.kind) {
    case 'auth':
      return [`Check the credentials and permissions of the connection ${report.connection}:  ${test}`]
    case 'refused':
      return [
        `Change what was asked for, by the vendor’s words and by ${report.redactor.text(report.docs)}; \`${test}\` tells whether the connection itself works.`,
      ]
    case 'quota':
      return ['Run it again when the vendor has renewed the quota.']
    default:
      return [`Run it again later; \`${test}\` tells whether the vendor answers.`]
  }
}

function times(count: number): string {
  return `${['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'][count] ?? count} times`
}

const seconds = (ms: number) => (ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`)

function inWords(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  return minutes < 120
    ? `${minutes} min`
    : minutes < 2_880
      ? `${Math.round(minutes / 60)} h`
      : `${Math.round(minutes / 1440)} days`
}

function instant(date: Date): string {
  // Past the year 9999 ISO text has another form, and later on there is none.
  return !(date.getTime() < Date.UTC(10_000, 0))
    ? 'a date beyond all calendars'
    : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** What is kept when a call ends a run or a command. The same calls serve loads, deliveries and commands: true for each of them. */
export const keptBefore = 'What was committed or acknowledged before stays; a scan goes on at its last checkpoint.'
