/**
 * What the kits need of a test runner, so that src depends on none: `import { describe, it } from 'vitest'` fits, and so
 * does node:test. Assertions are node:assert's.
 */
export type TestRunner = {
  readonly describe: (name: string, body: () => void) => void
  readonly it: (
    name: string,
    options: { readonly timeout: number },
    body: (context: { readonly skip: (reason?: string) => void }) => Promise<void>,
  ) => void
}

/** One behaviour. Answers why it does not apply, where it does not: the report shows it as skipped. */
export type Case<Stage> = { readonly name: string; readonly run: (stage: Stage) => Promise<string | void> }

export type Registration<Stage> = {
  readonly title: string
  readonly cases: readonly Case<Stage>[]
  /** Sets the stage for one case, and clears it away. */
  readonly onStage: (run: (stage: Stage) => Promise<string | void>) => Promise<string | void>
  /** For one case, in milliseconds. */
  readonly timeoutMs: number
}

export function registerCases<Stage>(
  runner: TestRunner,
  { title, cases, onStage, timeoutMs }: Registration<Stage>,
): void {
  runner.describe(title, () => {
    for (const { name, run } of cases) {
      runner.it(name, { timeout: timeoutMs }, async (context) => {
        const reason = await onStage(run)
        if (reason) context.skip(reason)
      })
    }
  })
}
