import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { initProject } from '../../src/config/init-project.ts'
import { loadProject } from '../../src/config/load.ts'
import { modelsOn } from '../../src/config/model-files.ts'
import { renderModel, warehouseNames } from '../../src/config/model-references.ts'
import { duckdbMacros } from '../../src/warehouse/duckdb/macros.ts'
import { asNobody, caughtFrom } from './temp-project.ts'

const fresh = async () => realpath(await mkdtemp(join(tmpdir(), 'millrace-init-')))
const options = { millraceVersion: '0.1.0' }

describe('initProject', () => {
  it('writes a project that loads, with both directions', async () => {
    const directory = join(await fresh(), 'My Stack')
    const written = await initProject(directory, options)
    expect(written).toContain('.github/workflows/millrace.yaml')
    for (const path of written) expect((await readFile(join(directory, path), 'utf8')).length).toBeGreaterThan(0)
    const project = await loadProject(directory)
    expect(project.name).toBe('my_stack')
    expect(project.syncs.map(({ name, kind }) => [name, kind])).toEqual([
      ['customerio_people', 'reverse_etl'],
      ['stripe', 'etl'],
    ])
    expect(project.targets['sandbox']).toMatchObject({ sandbox: true, deliver: true })
    expect(JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'))).toMatchObject({
      type: 'module',
      dependencies: { millrace: '^0.1.0' },
    })
  })

  it('has a model that runs, a row per customer with an address', async () => {
    const directory = await fresh()
    await initProject(directory, options)
    const project = await loadProject(directory)
    const [model] = modelsOn(project.models, 'duckdb')
    if (!model) throw new Error('the new project has no model')
    const db = await (await DuckDBInstance.create(':memory:')).connect()
    await db.run(`create schema stripe;
      create table stripe.customers (id varchar, email varchar, _deleted_at timestamp);
      create table stripe.subscriptions (customer varchar, status varchar, _deleted_at timestamp);
      insert into stripe.customers values ('a','a@x.test',null), ('b','b@x.test',null), ('c',null,null), ('d','d@x.test',now());
      insert into stripe.subscriptions values ('a','canceled',null), ('a','trialing',null);`)
    const names = warehouseNames(project, (identifier) => `"${identifier}"`)
    const sql = renderModel(model, { ...duckdbMacros, ...names })
    const rows = await db.runAndReadAll(`${sql} order by 1`)
    db.closeSync()
    expect(rows.getRowsJson()).toEqual([
      ['a', 'a@x.test', 'trialing'],
      ['b', 'b@x.test', 'none'],
    ])
  })

  it('points editors to the schemas of the installed package', async () => {
    const directory = await fresh()
    await initProject(directory, options)
    const modelines = await Promise.all(
      ['millrace.yaml', 'syncs/stripe.yaml', 'syncs/customerio_people.yaml', 'schedules.yaml'].map((file) =>
        readFile(join(directory, file), 'utf8'),
      ),
    )
    expect(modelines.map((text) => text.split('\n')[0])).toEqual([
      '# yaml-language-server: $schema=./node_modules/millrace/schema/millrace.json',
      '# yaml-language-server: $schema=../node_modules/millrace/schema/sync.json',
      '# yaml-language-server: $schema=../node_modules/millrace/schema/sync.json',
      '# yaml-language-server: $schema=./node_modules/millrace/schema/schedules.json',
    ])
  })

  it('refuses to write over a file, and then writes none', async () => {
    const directory = await fresh()
    await mkdir(join(directory, 'syncs'))
    await writeFile(join(directory, 'syncs/stripe.yaml'), 'mine')
    await writeFile(join(directory, 'schedules.yaml'), 'mine')
    const [error] = await caughtFrom(() => initProject(directory, options))
    expect(error).toMatchObject({ code: 'MR-1001', kept: 'Nothing was written.' })
    expect(error?.message).toContain('syncs/stripe.yaml, schedules.yaml')
    expect((await readdir(directory)).sort()).toEqual(['schedules.yaml', 'syncs'])
  })

  it('keeps the package.json that `npm install` of millrace has made', async () => {
    const directory = await fresh()
    const made = '{ "dependencies": { "millrace": "^0.1.0" } }'
    await writeFile(join(directory, 'package.json'), made)
    const written = await initProject(directory, options)
    expect(written).toContain('millrace.yaml')
    expect(written).not.toContain('package.json')
    expect(await readFile(join(directory, 'package.json'), 'utf8')).toBe(made)
  })

  it('refuses to write through a link to somewhere else', async () => {
    const directory = await fresh()
    const elsewhere = await fresh()
    await symlink(elsewhere, join(directory, 'models'))
    expect(await caughtFrom(() => initProject(directory, options))).toMatchObject([{ code: 'MR-1206' }])
    expect(await readdir(elsewhere)).toEqual([])
    expect(await readdir(directory)).toEqual(['models'])
  })

  it.each([
    ['a file', '/etc/passwd', '/etc/passwd is no folder, and cannot be made one'],
    ['below a file', '/dev/null/x', '/dev/null/x is no folder, and cannot be made one'],
  ])('says that it cannot write into %s', async (_, directory, why) => {
    expect(await caughtFrom(() => initProject(directory, options))).toMatchObject([
      { code: 'MR-1001', message: `writing a project into ${directory}: ${why}`, kept: 'Nothing was written.' },
    ])
  })

  it('says that a folder may not be written to', async () => {
    const directory = await fresh()
    await chmod(directory, 0o555)
    const [error] = await asNobody(() => caughtFrom(() => initProject(directory, options)))
    expect(error).toMatchObject({ code: 'MR-1001', kept: 'Nothing was written.' })
    expect(error?.message).toMatch(/: permission denied$/)
  })
})
