import type { Key } from '../batch/shape.ts'
import type { RecordReader, RecordWriter } from '../formats/format.ts'
import { getFormat } from '../formats/registry.ts'
import { createMapper, type Mapper } from '../map/mapper.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'

/** What records go through, made anew for each pass over a file. */
export function createStages(
  plan: DataPlan,
  format: FormatName,
  path: string,
  columns?: readonly Key[],
): { readonly reader: RecordReader; readonly writer: RecordWriter; readonly map: Mapper } {
  return {
    reader: getFormat(format).createReader(plan, path),
    writer: getFormat(plan.targetFormat).createWriter(plan, columns),
    map: mapperOf(plan, getFormat(format).isTable),
  }
}

/** Mappers keep what they have worked out for the shapes that they have seen: files with the same header then share it. */
const mappers = new WeakMap<DataPlan, Map<boolean, Mapper>>()

function mapperOf(plan: DataPlan, isTable: boolean): Mapper {
  const known = mappers.get(plan)
  let mapper = known?.get(isTable)
  if (mapper === undefined) {
    mapper = createMapper(plan, isTable)
    mappers.set(plan, (known ?? new Map<boolean, Mapper>()).set(isTable, mapper))
  }
  return mapper
}
