/** A project's own simulator, in plain JavaScript that nobody has checked. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { serveSandbox } from '../../src/sandbox/serve.ts'

const whole = ['connection: () => ({})', 'seed() {}', 'move() {}', 'serve: () => () => new Response()', 'coverage: {}']

async function serveWith(members: readonly string[]) {
  const projectDir = await mkdtemp(join(tmpdir(), 'millrace-own-simulator-'))
  const path = join(projectDir, 'sandbox.mjs')
  await writeFile(path, `export default { name: 'shop', ${members.join(', ')} }\n`)
  const { sandbox } = await serveSandbox({ projectDir, simulators: [{ name: 'shop', path }] })
  return sandbox
}

it.each([
  [whole.toSpliced(2, 1), 'sandbox.mjs: it has no function `move`.'],
  [whole.toSpliced(0, 2), 'sandbox.mjs: it has no function `connection`, `seed`.'],
  [whole.toSpliced(3, 1), 'sandbox.mjs: its default export is not a simulator.'],
  [whole.with(1, 'seed() { null.people }'), '`seed` of the simulator of shop: Cannot read properties of null'],
])('says whose mistake it is, and what', async (members, message) => {
  await expect(serveWith(members)).rejects.toMatchObject({
    code: 'MR-6001',
    message: expect.stringContaining(message),
  })
})

it('says so of a day, too, which is not played then', async () => {
  const sandbox = await serveWith(whole.with(2, `move() { throw new TypeError('no such order') }`))
  const failing = expect.objectContaining({ message: '`move` of the simulator of shop: no such order.' })
  await expect(sandbox.move(1)).rejects.toEqual(failing)
  await sandbox.close()
})
