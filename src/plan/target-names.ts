import type { FormatName } from '../model/format-name.ts'
import type { SourceFormat, SourceList } from '../model/source-list.ts'

/**
 * Targets keep the relative path of their source under a new extension. Names are worked out when they are asked for: a million
 * strings kept beside the sources' own would cost more than all the rest of a plan.
 */

/** Paths by number. Relative to a tree, `/` between parts. */
export interface PathList {
  readonly length: number
  path(index: number): string
}

/** The targets of the source files, by the numbers of these. */
export interface TargetNames extends PathList {
  /** The folder that the target lies in; '' is the target tree's top. Targets share the folders of their sources. */
  folder(index: number): string
  name(index: number): string
}

export interface TargetNaming {
  /** `replace` puts the new extension in place of the last one, `append` behind it. */
  readonly rule: 'replace' | 'append'
  /** What targets get as extension, without the dot. */
  readonly extension: FormatName
  /** The name of the only target, where `--out` names a file; null: names follow from the sources. */
  readonly singleName: string | null
}

export function targetNames(files: SourceList, naming: TargetNaming): TargetNames {
  const name = (index: number) => naming.singleName ?? targetName(files.name(index), files.format(index), naming)
  const folder = (index: number) => (naming.singleName === null ? files.folder(index) : '')
  return {
    length: files.length,
    folder,
    name,
    path: (index) => (folder(index) === '' ? name(index) : `${folder(index)}/${name(index)}`),
  }
}

/** Extensions of codecs: they stand behind the extension of the format, and go with it. */
const CODEC_EXTENSION = /(.)\.(?:gz|zst)$/i

/** The target's name for a source's name, both without a folder. A leading dot begins no extension; `bytes` keep their name. */
export function targetName(name: string, format: SourceFormat, naming: Omit<TargetNaming, 'singleName'>): string {
  if (format === 'bytes') return name
  if (naming.rule === 'append') return `${name}.${naming.extension}`
  const decoded = name.replace(CODEC_EXTENSION, '$1')
  const dot = decoded.lastIndexOf('.')
  return `${dot > 0 ? decoded.slice(0, dot) : decoded}.${naming.extension}`
}
