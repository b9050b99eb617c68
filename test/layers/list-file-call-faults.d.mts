export function listFileCallFaults(root: string): {
  readonly modules: number
  /** Path and name of each call. */
  readonly found: ReadonlySet<string>
  /** What is wrong, one line each. */
  readonly faults: string[]
}
