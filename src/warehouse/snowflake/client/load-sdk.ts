import { MillraceError } from '../../../model/millrace-error.ts'
import { handOverBrokenParts } from './broken-parts.ts'

export type SnowflakeSdk = Awaited<ReturnType<typeof importSdk>>['default']

/** The version that this client was written for and is tried with: it reads the wire's cells past the SDK's conversion. */
export const sdkVersion = '3.3.0'

/**
 * The SDK, quiet: it would write snowflake.log and to stdout, ask the metadata addresses of three clouds where it runs, load
 * a native library for its telemetry, and tell its maker about what it reads.
 * @throws MillraceError MR-1302 where it is not installed
 */
export async function loadSdk(options: { readonly isLocal: boolean }): Promise<SnowflakeSdk> {
  // Looked at when the SDK is loaded, and at each sign-in.
  process.env['SNOWFLAKE_DISABLE_PLATFORM_DETECTION'] ??= 'true'
  process.env['SNOWFLAKE_DISABLE_MINICORE'] ??= 'true'
  process.env['SF_TELEMETRY_DISABLE_CONNECTION_SHAPE'] ??= 'true'
  const { default: sdk } = await importSdk()
  sdk.configure({
    logLevel: 'OFF',
    customLogger: silence,
    additionalLogToConsole: false,
    // A proxy of the environment does not lead to this machine.
    useEnvProxy: !options.isLocal,
  })
  return sdk
}

async function importSdk() {
  try {
    const sdk = await import('snowflake-sdk')
    await (mended ??= mendParts())
    return sdk
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    throw new MillraceError('MR-1302', {
      message: 'A Snowflake warehouse needs the package snowflake-sdk, which is not installed.',
      kept: 'Nothing was sent.',
      next: `npm install snowflake-sdk@${sdkVersion}`,
      cause,
    })
  }
}

let mended: Promise<void> | undefined

/** Once: the class is everybody's. */
async function mendParts(): Promise<void> {
  // oxlint-disable-next-line no-restricted-imports -- no other way leads to it
  const { default: Part } = await import('snowflake-sdk/dist/lib/connection/result/chunk.js')
  handOverBrokenParts(Part.prototype)
}

const ignore = () => undefined
const silence = { error: ignore, warn: ignore, info: ignore, debug: ignore, trace: ignore }
