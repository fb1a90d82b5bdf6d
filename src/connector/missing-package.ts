import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MillraceError } from '../model/millrace-error.ts'
import { readOwnPackage, type OwnPackage } from './own-package.ts'

/** An import that found no package, as MR-1302 with the command that brings it; undefined for any other error. */
export function asMissingPackage(error: unknown, connector: string, projectRoot: string): MillraceError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (!(error instanceof Error) || (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND')) return undefined
  // A path that is missing is a mistake in the connector; a bare name is a package.
  const name = /Cannot find (?:package|module) '((?:@[\w.-]+\/)?[\w-][\w.-]*)/.exec(error.message)?.[1]
  if (name === undefined) return undefined
  const version = wantedVersion(name, projectRoot)
  return new MillraceError('MR-1302', {
    message: `The connector ${connector} needs the package ${name}, which is not installed.`,
    kept: 'Nothing was sent.',
    next: `npm install ${name}${version ? `@${version}` : ''}`,
    cause: error,
  })
}

/** The version that millrace was tried with, else the one that the project asks for. */
function wantedVersion(name: string, projectRoot: string): string | undefined {
  const file = findPackageFile(projectRoot)
  const project: OwnPackage | undefined = file === undefined ? undefined : JSON.parse(readFileSync(file, 'utf8'))
  return (
    readOwnPackage().optionalDependencies?.[name] ??
    project?.dependencies?.[name] ??
    project?.optionalDependencies?.[name]
  )
}

/** As Node finds it: at the directory or above it. */
function findPackageFile(directory: string): string | undefined {
  const file = join(directory, 'package.json')
  if (existsSync(file)) return file
  return directory === dirname(directory) ? undefined : findPackageFile(dirname(directory))
}
