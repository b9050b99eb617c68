import { cpus } from 'node:os'

/** The model of this machine's CPUs as the system names it; null where it does not tell. */
export function readCpuModel(): string | null {
  const model = cpus()[0]?.model.trim() ?? ''
  return model === '' || model === 'unknown' ? null : model
}

/** The models of several machines, each once; null where none is known. */
export function joinModels(models: readonly (string | null)[]): string | null {
  const known = new Set(models.filter((model) => model !== null))
  return known.size === 0 ? null : [...known].join(', ')
}
