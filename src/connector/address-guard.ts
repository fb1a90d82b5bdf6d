import { lookup as resolve } from 'node:dns'
import { lookup as lookupAll } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { MillraceError } from '../model/millrace-error.ts'

/**
 * Keeps a base URL (or a name that resolves oddly) from reaching the services that hand out a machine's own credentials.
 * Loopback and private networks are allowed: simulators and proxies live there.
 * @throws MillraceError MR-3008
 */
export function guardUrl(url: URL): void {
  const host = url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused(url.href, `${url.protocol} is not HTTP`)
  if (url.username !== '' || url.password !== '') throw refused(url.host, 'credentials do not belong in a URL')
  if (metadataNames.has(host) || isRefusedAddress(host)) throw refused(url.host, metadata)
}

/**
 * The same for every URL among a connection's keys, and for what their names resolve to now: an SDK makes its own sockets, so
 * this is where it is held back. @throws MillraceError MR-3008
 */
export async function guardKeys(keys: { readonly [name: string]: unknown }): Promise<void> {
  for (const value of Object.values(keys)) {
    // As whoever connects to it reads it, which takes `http:/host`, too, and spaces before it.
    if (typeof value !== 'string' || !URL.canParse(value)) continue
    const url = new URL(value)
    if (!/^https?:$/.test(url.protocol)) continue
    guardUrl(url)
    // A name that does not resolve is the vendor's failure to tell, when it is called.
    const addresses = await lookupAll(url.hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => [])
    const bad = addresses.find(({ address }) => isRefusedAddress(address))
    if (bad) throw refused(`${url.host} (${bad.address})`, metadata)
  }
}

/** The lookup of our connections: what a name resolves to is checked at the moment it is connected to. */
export const guardedLookup: LookupFunction = (host, options, callback) => {
  resolve(host, options, (error, address, family) => {
    const addresses = typeof address === 'string' ? [address] : (address ?? []).map((each) => each.address)
    const bad = error ? undefined : addresses.find(isRefusedAddress)
    if (bad === undefined) callback(error, address, family)
    else callback(refused(`${host} (${bad})`, metadata), address, family)
  })
}

export function isRefusedAddress(address: string): boolean {
  const version = isIP(address)
  return version !== 0 && refusedAddresses.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

/** What fetch does not connect to, whoever listens there. https://fetch.spec.whatwg.org/#port-blocking */
export const refusedPort = (url: string): MillraceError =>
  refused(new URL(url).host, 'clients of HTTP do not connect to that port, which belongs to another protocol')

const refused = (where: string, why: string) =>
  new MillraceError('MR-3008', {
    message: `Connecting to ${where}: ${why}.`,
    kept: 'Nothing was sent.',
    next: 'Set the connection’s base_url to the vendor’s own address.',
  })

const metadata = 'it is a link-local or metadata address, which hands out this machine’s own credentials'

const refusedAddresses = new BlockList()
refusedAddresses.addSubnet('169.254.0.0', 16, 'ipv4')
refusedAddresses.addSubnet('fe80::', 10, 'ipv6')
// AWS, Alibaba, Oracle and Azure keep theirs at these addresses too.
refusedAddresses.addAddress('fd00:ec2::254', 'ipv6')
refusedAddresses.addAddress('100.100.100.200', 'ipv4')
refusedAddresses.addAddress('192.0.0.192', 'ipv4')
refusedAddresses.addAddress('168.63.129.16', 'ipv4')
const metadataNames: ReadonlySet<string> = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'metadata',
  'instance-data',
  'instance-data.ec2.internal',
])
