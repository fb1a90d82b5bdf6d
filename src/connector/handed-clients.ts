import type { Context } from './context.ts'
import type { Http } from './host.ts'
import { inItsName } from './open-requests.ts'

type Clients = Pick<Context, 'http' | 'host'>

/** For the work in whose course this is: what is asked by them counts to it. What it makes by `host.http` is made to be kept, and is nobody's. */
export function handedClients({ http, host }: Clients): Clients {
  const ask = inItsName()
  if (!ask) return { http, host }
  const own: Http = {
    get: (path, options) => ask(() => http.get(path, options)),
    post: (path, body, options) => ask(() => http.post(path, body, options)),
    put: (path, body, options) => ask(() => http.put(path, body, options)),
    patch: (path, body, options) => ask(() => http.patch(path, body, options)),
    delete: (path, options) => ask(() => http.delete(path, options)),
    page: (path, options) => ask(() => http.page(path, options)),
  }
  return { http: own, host: { ...host, call: (request, attempt) => ask(() => host.call(request, attempt)) } }
}
