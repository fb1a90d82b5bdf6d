import type { Server } from 'node:http'

/** On 127.0.0.1. @param port 0: any; gives the one that it is */
export function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

/** Whatever is under way is cut. */
export const stopServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    // A turn later, so that a client in this very process has seen its idle connections end.
    server.close(() => setImmediate(resolve))
    server.closeAllConnections()
  })
