import { ArpcheckError, reasonOf } from '../errors.ts'

/** Where a command reads its settings and writes; tests bring their own. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/**
 * Writes all of a text. A reader that went away (`arpcheck | head`) is no error; a full disk is one.
 */
export function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (text === '') return Promise.resolve()
  return new Promise((resolve, reject) => {
    // without a listener the stream's own error event would end the process with a stack
    if (stream.listenerCount('error') === 0) stream.on('error', () => {})
    stream.write(text, (error) => {
      if (!error || ('code' in error && error.code === 'EPIPE')) return resolve()
      reject(
        new ArpcheckError('cannot-write', `Cannot write the results: ${reasonOf(error)}.`, { cause: error }),
      )
    })
  })
}
