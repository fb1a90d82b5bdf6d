import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readOwnJson } from '../../src/sandbox/own-json.ts'
import { openKeptSandbox, openSandbox } from '../../src/sandbox/process.ts'
import { readRunningFile, sandboxDir, type RunningFile } from '../../src/sandbox/running-file.ts'
import type { RunningSandbox } from '../../src/sandbox/running-sandbox.ts'
import { serveSandbox } from '../../src/sandbox/serve.ts'

const simulators = [{ name: 'tiny', path: fileURLToPath(new URL('./tiny-simulator.ts', import.meta.url)) }]
let projectDir: string
const opened: RunningSandbox[] = []
const commands: ChildProcessByStdio<Writable, Readable, null>[] = []

const open = async (options: { readonly scale?: number; readonly seed?: number } = { scale: 0.02 }) => {
  const sandbox = await openSandbox({ projectDir, simulators, ...options })
  opened.push(sandbox)
  return sandbox
}
const startCommand = () => {
  const command = spawn(process.execPath, [fileURLToPath(new URL('./command.ts', import.meta.url)), projectDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  commands.push(command)
  return command
}
const said = async (command: ChildProcessByStdio<Writable, Readable, null>) => {
  let heard = ''
  for await (const chunk of command.stdout.iterator({ destroyOnReturn: false })) {
    heard += String(chunk)
    if (heard.endsWith('\n')) return JSON.parse(heard)
  }
}
const running = (): RunningFile => {
  const found = readRunningFile(sandboxDir(projectDir))
  expect(found).not.toBeNull()
  return found ?? { pid: 0, processStart: null, controlPort: 0, token: '' }
}
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
const ends = (pid: number) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5000 })
const post = async (sandbox: RunningSandbox, body: string) => {
  const url = String(sandbox.connection('tiny').base_url)
  const answer = await fetch(url, { method: 'POST', body, headers: { connection: 'close' } })
  return readOwnJson<{ readonly notes: number }>(await answer.text())
}

beforeEach(() => {
  projectDir = mkdtempSync(join(tmpdir(), 'millrace-project-'))
})

afterEach(async () => {
  for (const command of commands.splice(0)) command.kill('SIGKILL')
  for (const sandbox of opened.splice(0)) await sandbox.close()
  await vi.waitFor(() => expect(readRunningFile(sandboxDir(projectDir))).toBeNull(), { timeout: 5000 })
  rmSync(projectDir, { recursive: true, force: true })
})

test('a command starts the sandbox, and closing it ends the process and leaves the world', async () => {
  const first = await open()
  const { pid } = running()
  expect(pid).not.toBe(process.pid)
  expect(await post(first, 'kept')).toMatchObject({ notes: 1 })
  await first.move(1)
  await first.close()
  await ends(pid)
  const second = await open()
  expect([await second.show('tiny', 'note'), (await second.status()).day]).toEqual([[{ text: 'kept' }], 1])
  expect(second.addresses).toEqual(first.addresses)
})

test('the sandbox in another process answers like one in this', async () => {
  const sandbox = await open()
  expect(sandbox.connection('tiny')).toMatchObject({ api_key: 'tiny-key' })
  expect(await sandbox.now()).toEqual(new Date('2026-11-20T09:55:00Z'))
  await sandbox.setFault('tiny', 'status', { status: 418 })
  await expect(fetch(String(sandbox.connection('tiny').base_url))).resolves.toMatchObject({ status: 418 })
  expect(await sandbox.journal('tiny', { since: 0 })).toMatchObject([{ fault: 'status', status: 418 }])
  expect(await sandbox.show('tiny', 'PERSON', '2')).toMatchObject([{ id: 2 }])
  await sandbox.reset(9)
  expect(await sandbox.status()).toMatchObject({ seed: 9 })
  await expect(sandbox.show('tiny', 'nothing')).rejects.toMatchObject({
    code: 'MR-1001',
    next: [expect.stringContaining('Person')],
  })
  expect(() => sandbox.connection('huge')).toThrow(/no such vendor/)
})

test('the sandbox ends when the command that started it is killed', async () => {
  const command = startCommand()
  expect(await said(command)).toMatchObject({ joined: false })
  const { pid } = running()
  expect(isAlive(pid)).toBe(true)
  command.kill('SIGKILL')
  await ends(pid)
})

test('a second command joins the running sandbox, and keeps it when the first one ends', async () => {
  const command = startCommand()
  const { address } = await said(command)
  const { pid } = running()
  const second = await open()
  expect([second.joined, second.addresses.tiny]).toEqual([true, address])
  command.kill('SIGKILL')
  await new Promise((resolve) => command.once('exit', resolve))
  expect(await post(second, 'still there')).toMatchObject({ notes: 1 })
  expect(isAlive(pid)).toBe(true)
  await second.close()
  await ends(pid)
})

test('a command that closes leaves the sandbox to those who joined it', async () => {
  const first = await open()
  const joined = startCommand()
  expect(await said(joined)).toMatchObject({ joined: true })
  const { pid } = running()
  await first.close()
  expect(isAlive(pid)).toBe(true)
  joined.stdin.end()
  await ends(pid)
})

test('of commands that start at once, one starts the sandbox and the others join it', async () => {
  const answers = await Promise.all([startCommand(), startCommand(), startCommand(), startCommand()].map(said))
  expect(answers.filter(({ joined }) => !joined)).toHaveLength(1)
  expect(new Set(answers.map(({ address }) => address.port)).size).toBe(1)
})

test('what was answered is kept when the sandbox is killed, journal included', async () => {
  for (let round = 1; round <= 3; round++) {
    const sandbox = await open()
    const { pid } = running()
    const before = (await sandbox.status()).vendors[0]?.records.Note ?? 0
    let answered = before
    const killed = new Promise((resolve) => setTimeout(() => resolve(process.kill(pid, 'SIGKILL')), 80 + round * 20))
    const write = async () => {
      for (;;) answered = (await post(sandbox, `round ${round}`)).notes
    }
    await expect(write()).rejects.toThrow('fetch failed')
    await killed
    await ends(pid)
    await expect(sandbox.status()).rejects.toMatchObject({ code: 'MR-6002' })

    const again = await open()
    const kept = (await again.status()).vendors[0]?.records.Note ?? 0
    expect(answered).toBeGreaterThan(before)
    expect([answered, answered + 1]).toContain(kept)
    expect((await again.journal('tiny')).filter(({ status }) => status === 200).length).toBe(kept)
    await again.close()
  }
})

test.each([
  ['of a dead process', { pid: 2 ** 22 + 1, processStart: 'long ago' }],
  ['of another process with that pid', { pid: process.pid, processStart: 'another boot 1' }],
])('a running.json %s is passed over', async (_, owner) => {
  mkdirSync(sandboxDir(projectDir), { recursive: true })
  writeFileSync(join(sandboxDir(projectDir), 'running.json'), JSON.stringify({ ...owner, controlPort: 1, token: 'x' }))
  expect((await open()).joined).toBe(false)
})

test('a running.json that is not JSON is passed over', async () => {
  mkdirSync(sandboxDir(projectDir), { recursive: true })
  writeFileSync(join(sandboxDir(projectDir), 'running.json'), '{"pid":')
  expect((await open()).joined).toBe(false)
})

test('the foreground sandbox is found by commands, and outlives them', async () => {
  const served = await serveSandbox({ projectDir, simulators, scale: 0.02 })
  const command = startCommand()
  expect(await said(command)).toMatchObject({ joined: true })
  expect(served.guests()).toBe(1)
  command.stdin.end()
  await vi.waitFor(() => expect(served.guests()).toBe(0))
  expect(await served.sandbox.status()).toMatchObject({ day: 0 })
  await served.sandbox.close()
})

test('a running sandbox of another seed, or without the vendor, is refused and goes on', async () => {
  const served = await serveSandbox({ projectDir, simulators, scale: 0.02 })
  await expect(open({ seed: 4 })).rejects.toMatchObject({
    code: 'MR-6001',
    message: expect.stringContaining('its seed is 1, not 4'),
  })
  await expect(openSandbox({ projectDir, simulators: [{ name: 'huge', path: '/nowhere.ts' }] })).rejects.toMatchObject({
    message: expect.stringContaining('no huge'),
  })
  await vi.waitFor(() => expect(served.guests()).toBe(0))
  await served.sandbox.close()
})

test('a command that acts on a kept sandbox makes none', async () => {
  await expect(openKeptSandbox({ projectDir, simulators })).rejects.toMatchObject({ code: 'MR-6002' })
  await (await open()).close()
  const kept = await openKeptSandbox({ projectDir, simulators })
  opened.push(kept)
  expect(await kept.move(1)).toMatchObject([{ day: 1 }])
})

test('a simulator that cannot be loaded is named', async () => {
  const path = join(projectDir, 'broken.ts')
  writeFileSync(path, 'export const nothing = 1\n')
  await expect(openSandbox({ projectDir, simulators: [{ name: 'broken', path }] })).rejects.toMatchObject({
    code: 'MR-6001',
    message: expect.stringContaining('not a simulator'),
  })
  writeFileSync(path, 'throw new TypeError("at load")\n')
  await expect(openSandbox({ projectDir, simulators: [{ name: 'broken', path }] })).rejects.toMatchObject({
    code: 'MR-6001',
    message: expect.stringContaining('at load'),
  })
  await expect(
    openSandbox({ projectDir, simulators: [{ name: 'broken', path: '/nowhere/sandbox.ts' }] }),
  ).rejects.toMatchObject({ code: 'MR-6001' })
})

test('the control port answers nobody without the token, and no other host name', async () => {
  await open()
  const { controlPort, token } = running()
  const ask = (headers: { readonly [name: string]: string }) =>
    new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: controlPort, path: '/call', method: 'POST', headers },
        (answer) => void text(answer).then((body) => resolve([answer.statusCode, body.slice(0, 10)]), reject),
      )
      asked.on('error', reject)
      asked.end('{"method":"status"}')
    })
  const authorization = `Bearer ${token}`
  const forbidden = [403, '{"error":{']
  expect(await ask({})).toEqual(forbidden)
  expect(await ask({ authorization: 'Bearer x' })).toEqual(forbidden)
  expect(await ask({ authorization, host: 'evil.example' })).toEqual(forbidden)
  expect(await ask({ authorization })).toEqual([200, '{"result":'])
})

test.runIf(process.platform === 'linux')('the sandbox does not get the secrets of its command', async () => {
  vi.stubEnv('STRIPE_API_KEY', 'canary-secret')
  await open()
  expect(readFileSync(`/proc/${running().pid}/environ`, 'utf8')).not.toContain('canary-secret')
  vi.unstubAllEnvs()
})

test.each(['tiny.sqlite', 'world.sqlite'])('a damaged %s is named, and a new world takes its place', async (name) => {
  const first = await open()
  await post(first, 'of the old world')
  await first.close()
  await vi.waitFor(() => expect(readRunningFile(sandboxDir(projectDir))).toBeNull())
  const damaged = join(sandboxDir(projectDir), name)
  for (const end of ['-wal', '-shm']) rmSync(`${damaged}${end}`, { force: true })
  writeFileSync(damaged, 'garbage')
  await expect(open({})).rejects.toMatchObject({
    code: 'MR-6001',
    message: expect.stringContaining(damaged),
    next: [expect.stringContaining('millrace sandbox reset')],
  })
  const anew = await openKeptSandbox({ projectDir, simulators, anew: { seed: 3, scale: 0.02 } })
  opened.push(anew)
  expect(await anew.status()).toMatchObject({ seed: 3, scale: 0.02, day: 0 })
  expect(await post(anew, 'of the new')).toMatchObject({ notes: 1 })
})

test.each(['account.json', 'warehouse.duckdb'])(
  'a damaged %s of the simulated Snowflake is told with the way out',
  async (name) => {
    const first = await open()
    await first.snowflake()
    await first.close()
    await vi.waitFor(() => expect(readRunningFile(sandboxDir(projectDir))).toBeNull())
    const kept = join(sandboxDir(projectDir), 'snowflake')
    rmSync(join(kept, 'warehouse.duckdb.wal'), { force: true })
    writeFileSync(join(kept, name), 'garbage')
    const again = await open()
    await expect(again.snowflake()).rejects.toMatchObject({
      code: 'MR-6001',
      message: expect.stringContaining(`${kept} is damaged`),
      next: [expect.stringContaining(`mv ${kept} ${kept}.damaged`)],
    })
    rmSync(kept, { recursive: true })
    expect(await again.snowflake()).toMatchObject({ database: expect.any(String) })
  },
)
