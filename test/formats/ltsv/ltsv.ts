// LTSV (https://ltsv.org) as a third party would write it: one record a line, fields of `label:value` with tabs between them. It imports
// nothing of Drover but types.
import type { FormatModule, FormatTools, LineFault, RecordWriter } from '../../../src/index.ts'

type Batch = Parameters<RecordWriter['write']>[0]
type Output = Parameters<RecordWriter['write']>[1]
type Shape = ReturnType<InstanceType<FormatTools['ShapeCache']>['shapeOf']>

const [TAB, LF, CR, COLON] = [0x09, 0x0a, 0x0d, 0x3a]
const LABEL = /^[0-9A-Za-z_.-]+$/

const ltsv: FormatModule = {
  formatInterface: 1,
  create: (drover) => ({
    name: 'ltsv' as never,
    aliases: ['labeledtabseparatedvalues'],
    extensions: ['ltsv'],
    isTable: false,
    // Raised when the same options begin to give other values or other bytes.
    sourceSettings: (plan) => ({ version: 1, ...duplicatesOf(drover.givenOptions(plan, 'ltsv')) }),
    targetSettings: () => ({ version: 1 }),
    checkOptions: duplicatesOf,
    findRecordEnd: (head) => drover.findRecordEnd(head, null),
    createReader: (plan, file) => new (readerClass(drover))(plan, file),
    createSplittableReader: (plan, file) => new (readerClass(drover))(plan, file),
    createWriter: () => new LtsvWriter(drover),
  }),
}
export default ltsv

/** `--format-option ltsv.duplicates=reject|rename`. The default is in no hash: the option came later. */
function duplicatesOf(given: Readonly<Record<string, string>>): { readonly duplicates?: 'rename' } {
  const { duplicates = 'reject', ...unknown } = given
  const [name] = Object.keys(unknown)
  if (name !== undefined) throw new Error(`there is no option ${name}, only duplicates`)
  if (duplicates !== 'reject' && duplicates !== 'rename')
    throw new Error(`duplicates is reject or rename, not ${JSON.stringify(duplicates)}`)
  return duplicates === 'rename' ? { duplicates } : {}
}

function readerClass({ LineReader, ShapeCache, addCell, givenOptions, CELL_TEXT }: FormatTools) {
  return class LtsvReader extends LineReader {
    private readonly shapes = new ShapeCache()
    private readonly renames: boolean

    constructor(...[plan, file]: ConstructorParameters<typeof LineReader>) {
      super(plan, file)
      this.renames = duplicatesOf(givenOptions(plan, 'ltsv')).duplicates === 'rename'
    }

    protected readLine(batch: Batch, start: number, end: number): Shape | LineFault {
      const text = Buffer.from(batch.memory.buffer, 0, end)
      const labels: string[] = []
      for (let at = start; at <= end;) {
        const tab = text.indexOf(TAB, at)
        const fieldEnd = tab < 0 ? end : tab
        const colon = text.indexOf(COLON, at)
        let label = text.toString('utf8', at, colon < 0 || colon > fieldEnd ? fieldEnd : colon)
        if (colon < 0 || colon > fieldEnd) return fault(`the field ${JSON.stringify(label)} has no label`)
        if (!LABEL.test(label))
          return fault(`${JSON.stringify(label)} is no label: letters, digits, "_", "." and "-" are`)
        while (this.renames && labels.includes(label)) label += '_'
        if (labels.includes(label)) return { code: 'DUPLICATE_KEY', message: `the label "${label}" is there twice` }
        labels.push(label)
        addCell(batch, CELL_TEXT, colon + 1, fieldEnd - colon - 1)
        at = fieldEnd + 1
      }
      return this.shapes.shapeOf(labels)
    }
  }
}

function fault(message: string): LineFault {
  return { code: 'MALFORMED_RECORD', message }
}

/** Null and missing values are left out; everything else is text. */
class LtsvWriter implements RecordWriter {
  readonly columns = []
  private readonly drover: FormatTools
  private readonly text: InstanceType<FormatTools['CellText']>

  constructor(drover: FormatTools) {
    this.drover = drover
    this.text = new drover.CellText()
  }

  learnColumns(): boolean {
    return true
  }

  write(batch: Batch, output: Output): void {
    for (let row = 0; row < batch.rowCount; row++)
      if (batch.rowShape[row] !== this.drover.REJECTED_ROW && this.check(batch, row)) this.writeRow(batch, row, output)
  }

  private check(batch: Batch, row: number): boolean {
    const { cells, keys } = batch.views[batch.rowShape[row]!]!
    const { bytes } = batch.memory
    let fields = 0
    for (const [index, { name }] of keys.entries()) {
      if (!this.text.locate(batch, row, cells[index]!)) continue
      fields++
      const value = bytes.subarray(this.text.start, this.text.end)
      const what = !LABEL.test(name)
        ? 'no label is'
        : [TAB, LF, CR].some((byte) => value.includes(byte)) && 'no value is'
      if (what === false) continue
      batch.rejectRow(row, 'UNREPRESENTABLE', `${what} like that of ${JSON.stringify(name)} in LTSV`, name)
      return false
    }
    if (fields === 0) batch.rejectRow(row, 'UNREPRESENTABLE', 'a line without fields is no record')
    return fields > 0
  }

  private writeRow(batch: Batch, row: number, output: Output): void {
    const { cells, keys } = batch.views[batch.rowShape[row]!]!
    let isFirst = true
    for (const [index, key] of keys.entries()) {
      if (!this.text.locate(batch, row, cells[index]!)) continue
      if (!isFirst) output.append(Uint8Array.of(TAB))
      isFirst = false
      output.append(key.text)
      output.append(Uint8Array.of(COLON))
      output.append(batch.memory.bytes, this.text.start, this.text.end)
    }
    output.append(Uint8Array.of(LF))
  }

  continueBehindRows(): void {}

  finish(): void {}
}
