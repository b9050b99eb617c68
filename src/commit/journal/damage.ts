/** What is not as it was written in a journal or a manifest. What the lines said is not known. */
export interface Damage {
  /** Absolute if the target root is. */
  readonly path: string
  /** Where the first damaged line starts, or where the end is missing; from 0. */
  readonly offsetBytes: number
  /** Lines that are there and damaged; 0: the end is missing. */
  readonly lineCount: number
  /** The run whose proofs or claims these are. */
  readonly runNumber: number
}
