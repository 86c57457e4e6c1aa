import type { NicRecord, NodeNic, OtherAnnouncer } from '../../core/cluster.ts'
import { parseIp, parsePrefix } from '../../core/ip.ts'
import { parseMac } from '../../core/mac.ts'
import { at, list, number, text, time } from '../raw.ts'
import { ANYTHING, changedAt } from './meta.ts'

/** Marks a Lease as a NIC record of an arpcheck daemon. */
export const RECORD_LABEL = { 'arpcheck.io/record': 'nics' } as const
export const NICS_ANNOTATION = 'arpcheck.io/nics'

/** A daemon's NIC record; its node is the Lease's holder, since a label may not be as long as a node's name. */
export function nicRecordOf(lease: unknown): NicRecord | null {
  const node = text(at(lease, 'spec', 'holderIdentity'))
  const nics = nicsOf(text(at(lease, 'metadata', 'annotations', NICS_ANNOTATION)) ?? '')
  if (node === null || nics === null) return null
  return { node, nics, changedAt: changedAt(lease, ANYTHING) }
}

/**
 * Cilium: one Lease for each Service (pkg/l2announcer). kube-vip: one for all, or one for each with `svc_election`
 * (pkg/lease). The other Leases of kube-system are of leader elections.
 */
const CILIUM = /^cilium-l2announce-(.+)$/
const KUBE_VIP = /^kubevip-(.+)$/
const KUBE_VIP_ALL = 'plndr-svcs-lock'

/** A Lease by which another controller announces Services. */
export function otherAnnouncerOf(lease: unknown): OtherAnnouncer | null {
  const whose = whoseLease(text(at(lease, 'metadata', 'name')) ?? '')
  if (whose === null) return null
  const spec = at(lease, 'spec')
  const seconds = number(at(spec, 'leaseDurationSeconds'))
  return {
    ...whose,
    node: text(at(spec, 'holderIdentity')) || null,
    renewedAt: time(at(spec, 'renewTime')),
    leaseMs: seconds === null ? null : seconds * 1000,
  }
}

function whoseLease(name: string): Pick<OtherAnnouncer, 'by' | 'service'> | null {
  if (name === KUBE_VIP_ALL) return { by: 'kube-vip', service: null }
  const [cilium, kubeVip] = [CILIUM.exec(name)?.[1], KUBE_VIP.exec(name)?.[1]]
  if (cilium !== undefined) return { by: 'cilium', service: cilium }
  return kubeVip === undefined ? null : { by: 'kube-vip', service: kubeVip }
}

export function nicsText(nics: readonly NodeNic[]): string {
  return JSON.stringify(
    nics.map(({ name, mac, addresses, state }) => ({
      name,
      mac,
      state,
      addresses: addresses.map(({ ip, bits }) => `${ip}/${bits}`),
    })),
  )
}

function nicsOf(json: string): readonly NodeNic[] | null {
  try {
    return list(JSON.parse(json)).flatMap(nicOf)
  } catch {
    return null
  }
}

function nicOf(value: unknown): readonly NodeNic[] {
  const mac = parseMac(text(at(value, 'mac')) ?? '')
  if (mac === undefined) return []
  const addresses = list(at(value, 'addresses')).flatMap(addressOf)
  return [{ name: text(at(value, 'name')) ?? '', mac, addresses, state: stateOf(text(at(value, 'state'))) }]
}

function stateOf(told: string | null): NodeNic['state'] {
  return told === 'down' || told === 'enslaved' ? told : 'up'
}

function addressOf(value: unknown): NodeNic['addresses'] {
  const [address = '', bits = ''] = (text(value) ?? '').split('/')
  const prefix = parsePrefix(`${address}/${bits}`)
  const ip = parseIp(address)
  return prefix === undefined || ip === undefined ? [] : [{ ip, bits: prefix.bits }]
}
