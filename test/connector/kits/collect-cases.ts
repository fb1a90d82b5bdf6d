import type { TestRunner } from 'millrace/testing'

/** Takes a kit's tests down instead of running them. */
export function collectCases(register: (runner: TestRunner) => void) {
  const cases = new Map<string, () => Promise<void>>()
  const skipped: string[] = []
  register({
    describe: (_title, body) => body(),
    it: (name, _options, body) => cases.set(name, () => body({ skip: (reason) => skipped.push(`${name}: ${reason}`) })),
  })
  return {
    skipped,
    /** The one whose name has this in it. */
    named: (part: string) => [...cases].find(([name]) => name.includes(part))?.[1],
  }
}
