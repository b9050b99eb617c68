import { close, open, write, writev } from 'node:fs'

type Done = (error: NodeJS.ErrnoException | null, bytes: number, buffers: unknown) => void

/**
 * The calls that streams of targets make, each of which ends only when `pace` lets it. Streams join what waits into one call, so
 * this is the only place where calls can be counted.
 */
export function paceFileSystem(pace: (bytes: number) => Promise<void>) {
  const paced =
    (call: (...words: never[]) => void) =>
    (...words: readonly unknown[]): void => {
      const done = words.at(-1) as Done
      const endPaced = async (error: NodeJS.ErrnoException | null, bytes: number, buffers: unknown): Promise<void> => {
        await pace(error ? 0 : bytes)
        done(error, bytes, buffers)
      }
      const end: Done = (error, bytes, buffers) => void endPaced(error, bytes, buffers)
      call(...([...words.slice(0, -1), end] as never[]))
    }
  return { open, close, write: paced(write), writev: paced(writev) }
}
