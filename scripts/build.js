// `npm run build`: TypeScript to dist/, and a look whether what came out can be imported.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const env = { ...process.env, PATH: join(root, 'node_modules', '.bin') + delimiter + process.env.PATH }
const run = (program, ...args) => spawnSync(program, args, { cwd: root, env, stdio: 'inherit' }).status === 0

rmSync(join(root, 'dist'), { recursive: true, force: true })
if (!run('tsc', '-p', 'tsconfig.build.json')) fail('tsc found errors; dist/ is not complete')

const entries = ['index', 'sandbox', 'testing', 'cli/main'].filter((name) => existsSync(join(root, `src/${name}.ts`)))
for (const name of entries) {
  const url = JSON.stringify(new URL(`../dist/src/${name}.js`, import.meta.url).href)
  if (!run('node', '--input-type=module', '-e', `await import(${url})`)) fail(`dist/src/${name}.js cannot be imported`)
}
process.stdout.write(`built dist/; ${entries.length} entries can be imported: ${entries.join(', ')}\n`)

function fail(why) {
  process.stderr.write(`build failed: ${why}\n`)
  process.exit(1)
}
