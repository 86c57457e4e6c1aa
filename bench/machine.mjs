// What a benchmark ran on, and who ran beside it.
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

/** Others take more of the machine than this: absolute numbers are to be read with care. */
const NOISY_PERCENT = 5

/** Numbers say nothing without the machine they were measured on. */
export function machine() {
  const [{ model }] = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const load = loadavg()[0].toFixed(2)
  const when = new Date().toISOString().slice(0, 10)
  return `${when}, ${availableParallelism()} × ${model.trim()}, ${memory}, Linux ${release()}, Node ${process.version}, load ${load}\n`
}

/** Call it, and what it returned at the end: how much of the machine others used meanwhile. */
export function watchNeighbours() {
  const before = usage()
  return () => {
    const after = usage()
    const total = after.total - before.total
    const others = Math.max(0, after.busy - before.busy - (after.ours - before.ours))
    const stolen = after.stolen - before.stolen
    const [theirs, taken] = [others, stolen].map((ticks) => (total > 0 ? (100 * ticks) / total : 0))
    const words = `  others used ${theirs.toFixed(0)} % of the machine, ${taken.toFixed(0)} % was stolen from it`
    return theirs + taken > NOISY_PERCENT ? `${words}: A NOISY NEIGHBOUR, trust ratios alone\n` : `${words}\n`
  }
}

/** In clock ticks. Ours are this process and all descendants that have ended and were waited for. */
function usage() {
  const [user, nice, system, idle, waiting, irq, softirq, stolen] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  const own = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return {
    busy: user + nice + system,
    total: user + nice + system + idle + waiting + irq + softirq + stolen,
    stolen,
    ours: own.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0),
  }
}
