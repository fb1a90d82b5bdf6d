/**
 * Liquid, as far as a template in a map may use it: what a template makes depends on its row and on nothing else. No other
 * file, no clock, no chance, no member that JavaScript gives to every object; and no template can hold a run up.
 */
import { createRequire } from 'node:module'
import type * as Liquidjs from 'liquidjs'
import { exactFilters } from './exact-filters.ts'
import { liquidNumber } from './liquid-number.ts'

export type Engine = {
  readonly liquid: Liquidjs.Liquid
  /** A number whose digits all survive; from its plain text. */
  readonly number: (text: string) => unknown
}

/** Loaded with the first template: it takes ten milliseconds. */
export function liquidEngine(): Engine {
  engine ??= makeEngine()
  return engine
}

function makeEngine(): Engine {
  // liquidjs reckons in local time, whatever it is told to show: it reads a text without a zone by it, and is an hour off around
  // its changes of the clock. Node takes the zone over at once, for the process; nothing else of ours looks at it.
  process.env['TZ'] = 'UTC'
  // The package's own types.
  const module = createRequire(import.meta.url)('liquidjs') as typeof Liquidjs
  const number = liquidNumber(module)
  const liquid = new module.Liquid({
    strictFilters: true,
    ownPropertyOnly: true,
    parseLimit: maxTemplateLength,
    renderLimit: maxRenderMs,
    memoryLimit: maxMemory,
    // Days and hours are UTC, names are English, wherever millrace runs.
    timezoneOffset: 0,
    locale: 'en-US',
    dateFormat: '%Y-%m-%dT%H:%M:%SZ',
  })
  for (const name of Object.keys(liquid.tags)) if (!tags.has(name)) delete liquid.tags[name]
  for (const name of Object.keys(liquid.filters)) {
    const filter = liquid.filters[name]
    if (unfit.test(name)) delete liquid.filters[name]
    else if (name.startsWith('date') && typeof filter === 'function')
      liquid.registerFilter(name, withoutClock(filter, module))
  }
  for (const [name, filter] of Object.entries(exactFilters(module, number))) liquid.registerFilter(name, filter)
  return { liquid, number }
}

/** `now` and `today` would make another payload with every run. */
function withoutClock(filter: Filter, { AssertionError }: typeof Liquidjs): Filter {
  return function (value: unknown, ...rest: readonly unknown[]) {
    if (value === 'now' || value === 'today') throw new AssertionError(`${value} is not known here: map a column`)
    return filter.call(this, value, ...rest) as unknown // filters are typed as returning any
  }
}

type Filter = Extract<Parameters<Liquidjs.Liquid['registerFilter']>[1], (...args: never) => unknown>

let engine: Engine | undefined

const tags = new Set('assign capture case comment cycle echo for if unless break continue liquid raw #'.split(' '))
/** Chance, and expressions in a text that nobody could check before. */
const unfit = /^sample$|_exp$/

/** The mapping's version names it: another major version may render otherwise. */
export const liquidVersion = 10
export const maxOutputBytes = 64 * 1024
const maxTemplateLength = 16 * 1024
const maxRenderMs = 1000
/** Units of liquidjs: characters and items that filters and loops make. */
const maxMemory = 1_000_000
