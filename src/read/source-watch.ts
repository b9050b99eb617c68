import { MigrationError } from '../errors/migration-error.ts'
import { andThen, type Answer } from '../storage/answer.ts'
import type { ByteSource, FileHead, FoundFile } from '../storage/source-storage.ts'

/** Watches over an open file: it must be the one of the plan, and stay so. */
export class SourceWatch {
  /** Permissions of the file, once it was looked at. Until then nobody's. */
  mode = 0
  readonly #bytes: ByteSource
  readonly #planned: FileHead

  constructor(bytes: ByteSource, planned: FileHead) {
    this.#bytes = bytes
    this.#planned = planned
  }

  /** @throws MigrationError SOURCE_CHANGED */
  assertUnchanged(): Answer<void> {
    return andThen(this.#bytes.head(), (found) => this.#compare(found))
  }

  #compare(found: FoundFile): void {
    const planned = this.#planned
    this.mode = found.mode
    if (found.isFile && isSameContent(found, planned)) return
    const now = found.isFile ? describeHead(found) : 'no longer a file'
    throw new MigrationError('SOURCE_CHANGED', `the file changed: ${describeHead(planned)} in the plan; now ${now}`, {
      phase: 'read',
      hint: 'run the same command again when nothing writes to it',
    })
  }
}

/** Where the storage has versions, they alone tell: times of many stores are those of whole seconds. */
function isSameContent(found: FileHead, planned: FileHead): boolean {
  if (found.sizeBytes !== planned.sizeBytes) return false
  return planned.version === undefined ? found.mtimeNs === planned.mtimeNs : found.version === planned.version
}

function describeHead({ sizeBytes, mtimeNs, version }: FileHead): string {
  const time = new Date(Number(mtimeNs / 1_000_000n)).toISOString()
  return `${sizeBytes} bytes, modified ${time}${version === undefined ? '' : `, version ${version}`}`
}
