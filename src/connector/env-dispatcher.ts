import { Agent, EnvHttpProxyAgent, type Dispatcher } from 'undici'
import { guardedConnect } from './guarded-connect.ts'

/**
 * What a `fetch` goes by that stands in for an SDK's transport: as Node's own, with the environment's proxies where Node is
 * told to heed them (NODE_USE_ENV_PROXY=1), but NODE_TLS_REJECT_UNAUTHORIZED=0 cannot turn certificates off.
 */
export function envDispatcher(): Dispatcher {
  return (dispatcher ??= usesEnvProxy()
    ? new EnvHttpProxyAgent({ ...options, requestTls: guardedConnect, proxyTls })
    : new Agent(options))
}

/** Made with the first request, for the whole process: a proxy's address that cannot be read is no reason not to start. */
let dispatcher: Dispatcher | undefined

const options = { allowH2: false, connect: guardedConnect }

/** A proxy that is offered HTTP/2 and takes it would be connected to again and again, without end. */
const proxyTls = { ...guardedConnect, allowH2: false }

/** https://nodejs.org/api/cli.html#node_use_env_proxy1 */
const usesEnvProxy = () =>
  process.env['NODE_USE_ENV_PROXY'] === '1' ||
  [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((flags) => /--use-env-proxy\b/.test(flags))
