/** The functions of Snowflake that the sandbox has; every other name is an unknown function. */
import { aggregateFunctions } from './aggregate-functions.ts'
import { conditionalFunctions } from './conditional-functions.ts'
import { contextFunctions } from './context-functions.ts'
import { conversionFunctions } from './conversion-functions.ts'
import { dateFunctions } from './date-functions.ts'
import { numericFunctions } from './numeric-functions.ts'
import { semiFunctions } from './semi-functions.ts'
import { textFunctions } from './text-functions.ts'
import { windowFunctions } from './window-functions.ts'
import type { FunctionRule } from './function-rule.ts'

export const functionRules: ReadonlyMap<string, FunctionRule> = new Map(
  [
    ...aggregateFunctions,
    ...conditionalFunctions,
    ...contextFunctions,
    ...conversionFunctions,
    ...dateFunctions,
    ...numericFunctions,
    ...semiFunctions,
    ...textFunctions,
    ...windowFunctions,
  ].flatMap(([names, rule]) => names.split(' ').map((name) => [name, rule] as const)),
)
