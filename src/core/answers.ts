import type { ClusterCase } from './case.ts'
import { mayAnswerOn, sharesDisagree, standingOfAnswer, type Somebody } from './expectation.ts'
import type { Finding } from './findings.ts'
import { lastRecord } from './records.ts'
import type { Answer } from './round.ts'
import * as say from './sentences-answers.ts'

/** Which finding explains that two nodes or more answer, the surest cause first. */
export function explainDouble(item: ClusterCase, answers: readonly Answer[]): Finding {
  const { elected } = item.expected
  // the right node's own kernel answers beside its speaker: that is no second node
  const kernels = answers.filter((answer) => isKernel(item, answer) && !isExpected(item, answer))
  if (kernels.length > 0) return say.kernelAnswers(item, kernels, answers)
  if (elected.kind !== 'somebody') return say.splitBrain(item, answers)
  const nodes = say.nodesOf(item, answers)
  if (sharesDisagree(elected) && nodes.every((node) => elected.answerers.includes(node)))
    return say.sharedTwoWinners(item, elected, answers)
  const wrong = nodes.filter((node) => standingOfAnswer(elected, node) === 'wrong')
  // who wins by a view that was not read is not known: a node may elect itself
  const isKnown =
    elected.membership === 'off' || wrong.every((node) => item.nodes.get(node)?.reading?.kind === 'view')
  return wrong.length > 0 && isKnown
    ? say.wrongNode(item, elected, wrong, answers)
    : say.splitBrain(item, answers)
}

/** Which finding explains that one node answers that should not. */
export function explainWrong(
  item: ClusterCase,
  elected: Somebody,
  node: string,
  answers: readonly Answer[],
): Finding {
  const kernels = answers.filter((answer) => isKernel(item, answer))
  return kernels.length > 0
    ? say.kernelAnswers(item, kernels, answers)
    : say.wrongNode(item, elected, [node], answers)
}

/** The same where nobody should. */
export function explainUnexpected(item: ClusterCase, node: string, answers: readonly Answer[]): Finding {
  const kernels = answers.filter((answer) => isKernel(item, answer))
  return kernels.length > 0 ? say.kernelAnswers(item, kernels, answers) : say.unexpected(item, node, answers)
}

function isExpected({ macs, expected: { elected } }: ClusterCase, { mac }: Answer): boolean {
  return elected.kind === 'somebody' && elected.answerers.includes(macs.nodeOf.get(mac) ?? '')
}

/** An unpadded frame is never MetalLB's; nor is an answer from a node without a speaker. On a real NIC all are padded. */
function isKernel({ nodes, macs }: ClusterCase, { mac, shortestFrame }: Answer): boolean {
  if (shortestFrame < say.PADDED) return true
  const node = nodes.get(macs.nodeOf.get(mac) ?? '')
  return node !== undefined && node.podsKnown && node.pods.length === 0
}

/** What is wrong beside the verdict where the right node answers. */
export function remarksOf(item: ClusterCase, node: string, answers: readonly Answer[]): Finding[] {
  const last = item.side && lastRecord(item.side.records)
  const kernels = answers.filter((answer) => isKernel(item, answer))
  return [
    // one answerer, and the right one: it works, by luck
    ...(kernels.length > 0
      ? [{ ...say.kernelAnswers(item, kernels, answers), severity: 'warning' as const }]
      : []),
    ...(answers.length > 1 ? [say.severalNics(item, node, answers)] : []),
    ...(last && isStale(item, node, last) ? [say.staleRecord(item, node, last)] : []),
  ]
}

/** A record is late by seconds after each move; longer than the hold-down it is stale. */
function isStale(
  { expected }: ClusterCase,
  node: string,
  { nodes, ageMs }: NonNullable<ReturnType<typeof lastRecord>>,
): boolean {
  return nodes.some((name) => name !== node) && (ageMs ?? Infinity) > expected.timing.holdDownMs
}

/** The right node, from a NIC that it may not use; null where that is not so, or not known. */
export function wrongInterface(
  item: ClusterCase,
  elected: Somebody,
  node: string,
  answers: readonly Answer[],
): Finding | null {
  const nics = item.nodes.get(node)?.nics ?? []
  // several have one MAC where one lies on the other (a VLAN, a bond): the answer may be of any
  const used = answers.map(({ mac }) => nics.filter((nic) => nic.mac === mac).map(({ name }) => name))
  const isWrong = used.every(
    (names) => names.length > 0 && !names.some((name) => mayAnswerOn(elected, node, name)),
  )
  const allowed = elected.interfaces.get(node) ?? 'all'
  return isWrong ? say.wrongInterface(item, node, used.flat(), allowed === 'all' ? [] : allowed) : null
}
