import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const unit = fileURLToPath(new URL('../../ops/millrace.service', import.meta.url))
const analyzer = spawnSync('systemd-analyze', ['--version']).error === undefined

describe('the systemd unit', () => {
  test.skipIf(!analyzer)('passes systemd-analyze verify (skipped where systemd is not installed)', () => {
    expect(verify(unit)).toBe('')
  })

  test.skipIf(!analyzer)('would not pass with a key that systemd does not know', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-unit-'))
    const changed = join(folder, 'millrace.service')
    writeFileSync(changed, readFileSync(unit, 'utf8').replace('KillSignal=', 'KilSignal='))
    expect(verify(changed)).toContain('KilSignal')
    rmSync(folder, { recursive: true })
  })

  test('makes the folder that it may write to where a fresh clone has none, and leaves one that is there as it is', () => {
    const text = readFileSync(unit, 'utf8')
    const [, user = ''] = /^User=(.*)$/m.exec(text) ?? []
    // `+`: before the namespace in which a path that is missing ends the start.
    const [, making = ''] = /^ExecStartPre=\+\/bin\/sh -c '(.*)'$/m.exec(text) ?? []
    const [, writable = ''] = /^ReadWritePaths=(\/\S+)$/m.exec(text) ?? []
    const folder = mkdtempSync(join(tmpdir(), 'millrace-unit-'))
    const made = join(folder, '.millrace')
    const { uid, gid } = statSync(folder)
    const make = () =>
      execFileSync('sh', [
        '-ec',
        making.replaceAll(writable, made).replace(`-o ${user}`, `-o ${uid}`).replace(`-g ${user}`, `-g ${gid}`),
      ])
    make()
    expect(statSync(made).mode & 0o777).toBe(0o750)
    chmodSync(made, 0o700)
    make()
    expect(statSync(made).mode & 0o777).toBe(0o700)
    rmSync(folder, { recursive: true })
  })

  test('starts the daemon with flags that it has, and waits longer than its drain', () => {
    const text = readFileSync(unit, 'utf8')
    const [, flags = ''] = /^ExecStart=.*millrace\.js (.*)$/m.exec(text) ?? []
    const launcher = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url))
    expect(execFileSync(process.execPath, [launcher, ...flags.split(' '), '--help'], { encoding: 'utf8' })).toContain(
      '--drain',
    )
    expect(flags).toContain('--drain 10m')
    expect(text).toContain('TimeoutStopSec=12min')
  })
})

/** What it has to say; nothing where all is right. */
function verify(path: string): string {
  const { stdout, stderr, status } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
  const said = `${stdout}${stderr}`.trim()
  return status === 0 ? said : said || `exit ${status}`
}
