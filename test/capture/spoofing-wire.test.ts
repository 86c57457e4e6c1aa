import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { RESPONDER_FILTER } from '../../src/capture/filter.ts'
import { openNative } from '../../src/capture/native.ts'
import { check } from '../../src/check.ts'
import { systemClock } from '../../src/clock.ts'
import { decodeArp, encodeArp, type ArpFrame } from '../../src/core/arp.ts'
import { ATTACKS, OWNER, REPLY, VIP, type Outcome } from '../helpers/attacks.ts'
import { cable, inNamespaces, ipCommand } from '../helpers/netns.ts'
import { NO_OPTIONS } from '../helpers/options.ts'
import { GATEWAY, hostFacts, ip, link, mac, OWN_MAC, replyTo } from '../helpers/segment.ts'
import { until } from '../helpers/until.ts'

// The attacks of test/spoofing.test.ts that a link, a kernel or its filter could change on the way, over a cable.

const quiet = { onFrames: () => {}, onTrouble: () => {} }
const OVER_THE_CABLE = [
  'a reply to another host',
  'a reply to everybody',
  'a reply that claims our own MAC',
  'a reply of the zero MAC',
  'a reply in VLAN 7',
  'hlen 255',
  'a priority-tagged reply (VLAN 0)',
  'a reply with 1,458 trailing bytes',
  'a stranger that announces the VIP by a question',
  'an Ethernet source that is not the ARP sender',
  'a stranger that answers beside the owner',
]

inNamespaces(() => {
  cable('near', 'far')
  ipCommand(`link set near address ${OWN_MAC}`)

  suite('over a cable', () => {
    for (const [title, frames, outcome] of ATTACKS.filter((attack) => OVER_THE_CABLE.includes(attack[0])))
      test(`${title} → ${outcome.verdict}`, async () => assert.deepEqual(await judgedWith(frames), outcome))
    test('every one of them is in the table', () =>
      assert.equal(ATTACKS.filter(([title]) => OVER_THE_CABLE.includes(title)).length, OVER_THE_CABLE.length))
  })

  test('a question that somebody else sends in our name → the kernel keeps it away: it opens no round', async () => {
    const far = openNative({ device: 'far' }, quiet)
    const near = openNative({ device: 'near' }, quiet)
    const ours = encodeArp({
      ...(decodeArp(REPLY) as ArpFrame),
      op: 'who-has',
      sha: OWN_MAC,
      ethSrc: OWN_MAC,
    })
    await far.send({ frames: [ours, REPLY], gapNs: 0 })
    const heard: unknown[] = []
    await until(
      'the reply behind it',
      () => heard.push(...near.drain().map(({ bytes }) => decodeArp(bytes))) > 0,
    )
    for (const capture of [near, far]) capture.close()
    assert.deepEqual(heard, [decodeArp(REPLY)])
  })
})

/** A check on the near end; at the far end the gateway answers, and the attacker to each question for the VIP. */
async function judgedWith(frames: readonly Uint8Array[]): Promise<Outcome> {
  const far = openNative(
    { device: 'far', filter: RESPONDER_FILTER },
    { onFrames: () => answerAll(), onTrouble: () => {} },
  )
  function answerAll(): void {
    const questions = far.drain().map(({ bytes }) => decodeArp(bytes) as ArpFrame)
    const said = questions.flatMap((question) => answersTo(question, frames))
    void far.send({ frames: said, gapNs: 0 })
  }
  const facts = hostFacts({
    links: [link({ name: 'near' })],
    gateways: [{ ip: GATEWAY.ip, interface: 'near' }],
  })
  const edges = {
    clock: systemClock,
    hostFacts: () => facts,
    openCapture: (device: string, _frames: number, events: Parameters<typeof openNative>[1]) =>
      openNative({ device }, events),
  }
  const targets = [{ vip: ip(VIP), macs: [mac(OWNER)] }]
  const options = { ...NO_OPTIONS, targets, count: 1 }
  try {
    const { vips, frames: counted } = await check(options, edges, new AbortController().signal)
    const [row] = vips
    return {
      verdict: row!.verdict,
      codes: row!.findings.map(({ code }) => code),
      answered: row!.answered.map((answer) => answer.mac),
      ignored: counted.ignored,
    }
  } finally {
    far.close()
  }
}

function answersTo(question: ArpFrame, frames: readonly Uint8Array[]): readonly Uint8Array[] {
  if (question.tpa === GATEWAY.ip) return [replyTo(question, { sha: GATEWAY.mac, ethSrc: GATEWAY.mac })]
  return question.tpa === VIP && question.ethDst === 'ff:ff:ff:ff:ff:ff' ? frames : []
}
