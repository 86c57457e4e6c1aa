import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { ArpcheckError } from '../errors.ts'
import { BUNDLED } from './bundled.ts'
import type { Story } from './shape.ts'
import { parseStory } from './story.ts'

export interface StoryFile {
  readonly file: string
  readonly text: string
  readonly story: Story
}

export function storyNames(): string[] {
  return Object.keys(BUNDLED)
}

/** A story by its name, or by the path of a file of yours. */
export function findStory(nameOrPath: string): StoryFile {
  const bundled = Object.hasOwn(BUNDLED, nameOrPath) ? BUNDLED[nameOrPath] : undefined
  if (bundled !== undefined) return read(`${nameOrPath}.yaml`, bundled)
  if (/[/.]/.test(nameOrPath)) return read(basename(nameOrPath), fileText(nameOrPath))
  throw new ArpcheckError('usage', `There is no story ${JSON.stringify(nameOrPath)}.`, {
    remedy: ['arpcheck lab list     names them; a file of your own is given by its path'],
  })
}

function read(file: string, text: string): StoryFile {
  return { file, text, story: parseStory(text, file) }
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'cannot be read'
    throw new ArpcheckError('config', `The story ${path} could not be read (${why}).`, { cause })
  }
}
