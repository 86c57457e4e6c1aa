// Runs alone: counts frames a second
// May take 1500 s: twenty daemons, six phases
// Twenty built daemons, each a node of its own on one bridge, watch 100 VIPs; ARP is counted at the bridge's ports.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { node } from '../../../src/lab/api/objects.ts'
import {
  answerFor,
  answerNoMoreFor,
  fleet,
  median,
  ownerOf,
  pause,
  serviceComes,
  serviceGoes,
  startDaemon,
  untilAllOk,
  vipOf,
  type FleetDaemon,
} from '../../helpers/fleet.ts'
import { inNamespaces, ipCommand } from '../../helpers/netns.ts'
import { count, HEADING, naive, rowOf, tap, type Count } from '../../helpers/switch.ts'
import { tcpdumpMissing } from '../../helpers/tcpdump.ts'

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60)
const [NODES, VIPS] = [20, 100]

inNamespaces(() => {
  test(
    `${NODES} daemons, ${VIPS} VIPs → each port keeps to its budget, whatever happens`,
    { skip: tcpdumpMissing() },
    async (t) => {
      const all = await fleet(t, { nodes: NODES, vips: VIPS })
      const { nodes, double } = all
      const startAll = (): FleetDaemon[] =>
        nodes.map((one) => startDaemon(t, all, one, `node: ${one.name}\nmemberlist: off\n`))
      const marks: (readonly [name: string, fromMs: number, toMs: number])[] = []
      const phase = async (
        name: string,
        seconds: number,
        step?: (second: number) => unknown,
      ): Promise<void> => {
        const fromMs = Date.now()
        for (let second = 0; Date.now() < fromMs + seconds * 1000; second++) {
          await step?.(second)
          await pause(
            Math.max(0, Math.min(fromMs + (second + 1) * 1000, fromMs + seconds * 1000) - Date.now()),
          )
        }
        marks.push([name, fromMs, Date.now()])
        process.stderr.write(`daemon-budget: ${name} is over\n`)
      }
      const counting = await tap(t, 'br0')

      let daemons: FleetDaemon[] = []
      await phase(
        'all start at once, none has a record',
        SECONDS,
        (second) => second === 0 && (daemons = startAll()),
      )
      await untilAllOk(daemons, VIPS, 120_000)
      marks[0] = [marks[0]![0], marks[0]![1], Date.now()]
      await phase('settling', 20)
      const cpu = daemons.map(({ usage }) => usage().cpuMs)
      await phase('idle', SECONDS * 2)
      const used = daemons.map(({ usage }, i) => (usage().cpuMs - cpu[i]!) / (SECONDS * 2) / 10)
      const rss = daemons.map(({ usage }) => usage().rssMb)
      await phase('churn: a Service a second, an owner every 5 s', SECONDS, (second) => {
        const vip = vipOf(VIPS + second)
        serviceComes(all, vip)
        if (second >= 20) serviceGoes(all, vipOf(VIPS + second - 20))
        if (second % 5 !== 0) return
        // its VIPs move to others, and back five seconds later
        const moves = (at: number, away: boolean): void => {
          const one = nodes[(at / 5) % NODES]!
          const others = nodes.filter((other) => other !== one)
          for (const [own, owner] of all.owners)
            if (owner === one) {
              ;(away ? answerNoMoreFor : answerFor)(one, [own])
              ;(away ? answerFor : answerNoMoreFor)(ownerOf(own, others), [own])
            }
          double.api.apply(node({ name: one.name, ip: one.ip, networkUnavailable: away }))
        }
        if (second > 0) moves(second - 5, false)
        if (second + 5 < SECONDS) moves(second, true)
      })
      await phase('rest', 10)
      await phase('eight of twenty lose their cable, the API still calls them Ready', SECONDS, (second) => {
        if (second === 5) for (const { port } of nodes.slice(0, 8)) ipCommand(`link set ${port} down`)
        if (second === SECONDS - 15)
          for (const { port } of nodes.slice(0, 8)) ipCommand(`link set ${port} up`)
      })
      await phase('rest again', 20)
      await phase(
        'API: cut every 5 s, restarted, refused but for the first 10 s and the last 5',
        SECONDS,
        async (second) => {
          if (second % 5 === 0) double.wire.reset()
          if (second === 7) double.restart()
          if (second === 10) await double.wire.refuse()
          if (second === SECONDS - 5) await double.wire.accept()
        },
      )
      await phase('all restart at once, records there', SECONDS, async (second) => {
        if (second !== 0) return
        for (const { child } of daemons) child.kill('SIGTERM')
        assert.deepEqual(new Set(await Promise.all(daemons.map(({ ended }) => ended))), new Set([0]))
        daemons = startAll()
      })

      const frames = await counting.stop()
      const ports = nodes.map(({ port }) => port)
      const counts = marks.map(([name, fromMs, toMs]): [string, Count] => [
        name,
        count(frames, fromMs, toMs, ports),
      ])
      const told = [
        HEADING,
        ...counts.map(([name, one]) => rowOf(name, one)),
        `| N×M without division or budget | | ${naive(NODES, VIPS).toFixed(0)} | ${(((NODES - 1) * VIPS) / 30).toFixed(1)} |`,
        `idle CPU of one daemon: ${median(used).toFixed(2)} % of a core (most ${Math.max(...used).toFixed(2)} %); RSS ${median(rss)} MB (most ${Math.max(...rss)} MB)`,
      ]
      process.stderr.write(`${told.join('\n')}\n`)
      const idle = counts.find(([name]) => name === 'idle')![1]
      assert.ok(idle.meanOfWorstPort <= 5, 'half of the budget in the mean')
      assert.ok(idle.broadcasts < (NODES * VIPS) / 30 / 3)
      for (const [name, { worstTen, over15 }] of counts) {
        assert.ok(worstTen <= 10 * 10 + NODES, `${name}: ${worstTen} frames in 10 s on one port`)
        assert.ok(over15 <= NODES * SECONDS * 0.01, `${name}: ${over15} seconds above 15`)
      }
      await untilAllOk(daemons, VIPS, 120_000)
      for (const { log } of daemons) assert.doesNotMatch(log(), /a mistake of ours/)
    },
  )
})
