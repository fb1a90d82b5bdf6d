// Plays seeded stories of faults against every destination: `npm run fault-seeds -- 1000`, or `-- 1000-1999`.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const [wanted = '1000'] = process.argv.slice(2)
if (!/^\d+(-\d+)?$/.test(wanted)) {
  console.error('Usage: npm run fault-seeds -- COUNT | FIRST-LAST      one seed again: FIRST-FIRST')
  process.exit(2)
}
// New seeds every time, unless they are named: CI plays the first 200.
const first = 1 + (Math.floor(Date.now() / 1000) % 1_000_000) * 1000
const seeds = wanted.includes('-') ? wanted : `${first}-${first + Number(wanted) - 1}`
console.log(`seeds ${seeds}`)
const { status } = spawnSync(
  process.execPath,
  [
    fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url)),
    'run',
    'test/faults/reverse-seeds.test.ts',
    'test/faults/reverse-seeds-more.test.ts',
  ],
  { stdio: 'inherit', env: { ...process.env, MILLRACE_SEEDS: seeds } },
)
process.exit(status ?? 1)
