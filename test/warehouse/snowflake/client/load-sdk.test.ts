import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const source = fileURLToPath(new URL('../../../../src/warehouse/snowflake/client/load-sdk.ts', import.meta.url))

it('where the package is not installed, the error has the command that brings it', async () => {
  const script = join(mkdtempSync(join(tmpdir(), 'millrace-no-sdk-')), 'run.ts')
  writeFileSync(
    script,
    `import { registerHooks } from 'node:module'
     registerHooks({
       resolve(name, context, next) {
         // As Node says it of a package that is not there.
         return next(name === 'snowflake-sdk' ? 'snowflake-sdk-that-is-not-there' : name, context)
       },
     })
     const { loadSdk } = await import(${JSON.stringify(source)})
     await loadSdk({ isLocal: true }).catch((error) => console.log(JSON.stringify([error.code, error.message, error.next])))`,
  )
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  expect(JSON.parse(await text(child.stdout))).toEqual([
    'MR-1302',
    'A Snowflake warehouse needs the package snowflake-sdk, which is not installed.',
    ['npm install snowflake-sdk@3.3.0'],
  ])
})
