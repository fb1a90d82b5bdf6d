import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const source = (name: string) => fileURLToPath(new URL(`./src/${name}.ts`, import.meta.url))

/** Larger files come first; but those that call a whole suite are small, and would end the run, one core idle, for minutes. */
class SuitesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const suites = sorted.filter(({ moduleId }) => suite.test(moduleId))
    return [...suites, ...sorted.filter((file) => !suites.includes(file))]
  }
}
const suite = /\/test\/(conformance\/[^/]+|warehouse\/(snowflake|duckdb)|faults\/reverse-seeds[^/]*)\.test\.ts$/

export default defineConfig({
  resolve: {
    alias: [
      { find: /^millrace\/testing$/, replacement: source('testing') },
      { find: /^millrace\/sandbox$/, replacement: source('sandbox') },
      { find: /^millrace$/, replacement: source('index') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/scratch.ts'],
    setupFiles: ['test/fixed-seed.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // A second, the default, is not enough for a process that has to start beside others.
    expect: { poll: { timeout: 15_000 } },
    pool: 'forks',
    // As many of them at once as there are workers (see threadsOf).
    env: { MILLRACE_THREADS: '1' },
    // More than two cores: many tests wait, for a vendor's rate or for processes.
    maxWorkers: 4,
    sequence: { sequencer: SuitesFirst },
  },
})
