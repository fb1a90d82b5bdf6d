import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openConnection } from '../../src/app/open-connection.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder
beforeAll(() => {
  project = makeProjectFolder()
  project.write('millrace.yaml', millraceYaml)
  project.write('connectors/toy/index.ts', connector)
})
afterAll(() => project.remove())

const folders = () =>
  existsSync(project.path('.millrace/spool/dev/_vendor'))
    ? readdirSync(project.path('.millrace/spool/dev/_vendor'))
    : []

it('the files of a connection are gone when it is closed, also where its connector cannot close', async () => {
  await project.inApp(async (app) => {
    const connection = await openConnection(app, 'broken', 'run-1')
    const path = connection.host.spoolPath('page.csv')
    writeFileSync(path, 'ada@people.example')
    await expect(connection.close()).rejects.toThrow('cannot close')
    expect(existsSync(path)).toBe(false)
    expect(folders()).toEqual([])
  })
})

it('the files of a connector that could not be opened are gone', async () => {
  await project.inApp(async (app) => {
    await expect(openConnection(app, 'shut', 'run-1')).rejects.toThrow('cannot open')
    expect(existsSync(project.path('.millrace/spool/dev/_vendor'))).toBe(true)
    expect(folders()).toEqual([])
  })
})

it('two connections that are open under one name have their own files', async () => {
  await project.inApp(async (app) => {
    const [one, other] = [await openConnection(app, 'sound', 'cli'), await openConnection(app, 'sound', 'cli')]
    const path = one.host.spoolPath('page.csv')
    writeFileSync(path, 'ada@people.example')
    other.host.spoolPath('page.csv')
    await other.close()
    expect(existsSync(path)).toBe(true)
    await one.close()
    expect(folders()).toEqual([])
  })
})

const millraceYaml = `
project: open_connection
default_target: dev
targets:
  dev: { warehouse: { type: duckdb, path: .millrace/dev.duckdb } }
connections:
  sound: { connector: toy, fails: nowhere }
  broken: { connector: toy, fails: close }
  shut: { connector: toy, fails: open }
`

const connector = `
import { writeFileSync } from 'node:fs'
import { connector, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'

export default connector({
  name: 'toy',
  config: z.strictObject({ fails: z.string() }),
  open: async ({ config, host }) => {
    if (config.fails === 'open') {
      writeFileSync(host.spoolPath('page.csv'), 'ada@people.example')
      throw new TypeError('it cannot open')
    }
    return {
      check: async () => undefined,
      account: async () => 'toy-1',
      streams: async () => [],
      close: async () => {
        if (config.fails === 'close') throw new TypeError('it cannot close')
      },
    }
  },
})
`
