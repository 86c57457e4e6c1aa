import { isNode, LineCounter, parseDocument, type Document } from 'yaml'
import type * as z from 'zod'
import { ArpcheckError } from '../errors.ts'
import { storyShape, type Story } from './shape.ts'

/** Reads a story; throws a `config` error that names each mistake with its line. */
export function parseStory(text: string, file: string): Story {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [broken] = document.errors
  if (broken) throw storyError(file, [broken.message.split('\n')[0]!])
  const read = storyShape.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (read.success) return read.data
  throw storyError(
    file,
    read.error.issues.map((issue) => issueText(issue, document, lines)),
  )
}

function storyError(file: string, mistakes: readonly string[]): ArpcheckError {
  return new ArpcheckError('config', `${file} is not a story: ${mistakes.join('; ')}`, {
    remedy: ['docs/lab.md describes stories; arpcheck lab list names those that come along'],
  })
}

function issueText(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): string {
  const path = issue.path.map(String)
  const line = lineOf(path, document, lines)
  const message = issue.code === 'invalid_key' ? issue.issues[0]!.message : issue.message
  return `${line}${path.join('.') || 'story'}: ${message}`
}

/** The line of the value, or of the nearest one around it: one value may stand for a list of one. */
function lineOf(path: readonly string[], document: Document, lines: LineCounter): string {
  const node = document.hasIn(path) ? document.getIn(path, true) : undefined
  if (isNode(node) && node.range) return `line ${lines.linePos(node.range[0]).line}, `
  return path.length > 1 ? lineOf(path.slice(0, -1), document, lines) : ''
}
