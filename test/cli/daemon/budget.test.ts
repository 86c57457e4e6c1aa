// Runs alone: counts frames a second
// The small form of daemon-budget.soak.ts: four built daemons on one bridge, 20 VIPs, 20 s.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleet, pause, startDaemon, untilAllOk } from '../../helpers/fleet.ts'
import { inNamespaces } from '../../helpers/netns.ts'
import { count, HEADING, naive, rowOf, tap } from '../../helpers/switch.ts'
import { tcpdumpMissing } from '../../helpers/tcpdump.ts'

const [NODES, VIPS, SECONDS] = [4, 20, 20]

inNamespaces(() => {
  const title = `${NODES} daemons, ${VIPS} VIPs → all ok, and no port of the switch carries more than 6 frames a second in the mean, or 15 in any second`
  test(title, { skip: tcpdumpMissing() }, async (t) => {
    const all = await fleet(t, { nodes: NODES, vips: VIPS }, () => true)
    const counting = await tap(t, 'br0')
    const daemons = all.nodes.map((one) => startDaemon(t, all, one, `node: ${one.name}\nmemberlist: off\n`))
    await untilAllOk(daemons, VIPS, 60_000)
    const fromMs = Date.now()
    await pause(SECONDS * 1000)
    const frames = await counting.stop()
    const idle = count(
      frames,
      fromMs,
      fromMs + SECONDS * 1000,
      all.nodes.map(({ port }) => port),
    )
    t.diagnostic(HEADING)
    t.diagnostic(rowOf(`idle (N×M: ${naive(NODES, VIPS).toFixed(0)} frames/s)`, idle))
    assert.ok(idle.replies > 1, 'they ask, and are answered')
    assert.ok(idle.meanOfWorstPort <= 6, rowOf('idle', idle))
    assert.ok(idle.worstSecond <= 15, rowOf('idle', idle))
    for (const { child } of daemons) child.kill('SIGTERM')
    assert.deepEqual(await Promise.all(daemons.map(({ ended }) => ended)), [0, 0, 0, 0])
  })
})
