// May take 120 s: two starts of the program, on a busy machine
// The built daemon where it only hears: the kernel's tap decides what that is. Frames are made at both ends of one cable.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Capture } from '../../../src/capture/capture.ts'
import { openNative } from '../../../src/capture/native.ts'
import { decodeArp, encodeArp, type ArpFrame } from '../../../src/core/arp.ts'
import { BROADCAST_MAC, type Mac } from '../../../src/core/mac.ts'
import type { ApiObject } from '../../../src/lab/api/kinds.ts'
import { nicLease } from '../../helpers/api-world.ts'
import { homelab, NUCS } from '../../helpers/homelab.ts'
import { cable, inNamespaces, ipCommand, MACS } from '../../helpers/netns.ts'
import { NUC_MACS } from '../../helpers/nucs.ts'
import { RunningDaemon } from '../../helpers/running-daemon.ts'
import { ip, mac } from '../../helpers/segment.ts'

const VIP = ip('192.168.1.60')
const CLIENT = { ip: ip('192.168.1.99'), mac: mac('08:00:27:00:00:09') }
const OWN = mac(MACS.near)
/** Whose NICs are whose is written down, but for this host: its daemon does that itself. */
const OBJECTS: readonly ApiObject[] = [
  ...homelab().filter(({ metadata: { name } }) => name !== 'arpcheck-nuc-1'),
  ...NUCS.map(nicLease),
]

function verdict(name: string): RegExp {
  return new RegExp(`^arpcheck_vip_verdict\\{vip="192\\.168\\.1\\.60",verdict="${name}"\\} 1$`, 'm')
}

function announcement(sha: Mac): ArpFrame {
  return { op: 'reply', ethDst: BROADCAST_MAC, ethSrc: sha, sha, spa: VIP, tha: BROADCAST_MAC, tpa: VIP }
}

function replyToClient(sha: Mac): ArpFrame {
  return {
    op: 'reply',
    ethDst: CLIENT.mac,
    ethSrc: sha,
    sha,
    spa: VIP,
    tha: CLIENT.mac,
    tpa: CLIENT.ip,
  }
}

/** One end of the cable, to send what is told and to keep what comes in there. */
function endOf(
  t: TestContext,
  device: string,
): { send: (frame: ArpFrame) => Promise<void>; came: () => ArpFrame[] } {
  const events = { onFrames: () => {}, onTrouble: () => {} }
  const capture: Capture = openNative({ device, filter: 'arp and inbound' }, events)
  t.after(() => capture.close())
  return {
    send: (frame) => capture.send({ frames: [encodeArp(frame)], gapNs: 0 }),
    came: () =>
      capture
        .drain()
        .map(({ bytes }) => decodeArp(bytes))
        .filter((frame) => typeof frame !== 'string'),
  }
}

/** This host has a node's address. */
function isNode(t: TestContext, address: string): void {
  ipCommand(`address add ${address}/24 dev eno1`)
  t.after(() => ipCommand(`address del ${address}/24 dev eno1`))
}

inNamespaces(() => {
  ipCommand('link set lo up')
  cable('eno1', 'far0')

  test('--passive: an announcement of the right node → ok, of a stranger → foreign; not one frame leaves', async (t) => {
    isNode(t, '192.168.1.13')
    const far = endOf(t, 'far0')
    const settings = 'node: nuc-3\npassive: true\nvantages: all\ninterval: 30s\n'
    const daemon = await RunningDaemon.start(t, settings, 10806, OBJECTS)
    await daemon.metric(verdict('unknown'))
    await far.send(announcement(mac(NUC_MACS['nuc-4'])))
    await daemon.metric(verdict('ok'))
    await far.send(announcement(CLIENT.mac))
    await daemon.metric(verdict('foreign'))
    await daemon.metric(/^arpcheck_gratuitous_total\{vip="192\.168\.1\.60",relation="foreign"\} 1$/m)
    assert.equal((await daemon.terminate()).status, 0, daemon.log)
    assert.deepEqual(far.came(), [])
  })

  test('on the node that should answer: what its speaker sends is heard and counted → self, and who announces beside it', async (t) => {
    isNode(t, '192.168.1.14')
    const [near, far] = [endOf(t, 'eno1'), endOf(t, 'far0')]
    const settings = 'node: nuc-4\nmemberlist: off\nnamespaces: [default]\n'
    const objects = OBJECTS.filter(({ metadata: { name } }) => name !== 'arpcheck-nuc-4')
    const daemon = await RunningDaemon.start(t, settings, 10806, objects)
    await daemon.metric(verdict('self'))
    await near.send(replyToClient(OWN))
    await daemon.metric(/^arpcheck_vip_replies_heard_total\{vip="192\.168\.1\.60",relation="expected"\} 1$/m)
    await daemon.metric(/^arpcheck_vip_last_answer_timestamp_seconds\{vip="192\.168\.1\.60"\} \d/m)
    await daemon.metric(
      /^arpcheck_vip_observed_owner_info\{vip="192\.168\.1\.60",node="nuc-4",mac="02:00:00:00:00:01",relation="self"\} 1$/m,
    )
    await daemon.metric(verdict('self'))
    await far.send(announcement(CLIENT.mac))
    await daemon.metric(verdict('foreign'))
    assert.equal((await daemon.terminate()).status, 0, daemon.log)
    const asked = new Set(far.came().flatMap(({ op, tpa }) => (op === 'who-has' ? [tpa] : [])))
    assert.deepEqual([asked.has(ip('192.168.1.61')), asked.has(VIP)], [true, false])
  })
})
