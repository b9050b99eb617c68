import type { MigrateEvent } from '../../model/events.ts'

/** Shows a run while it works: as a drawing, as lines now and then, or not at all. */
export interface ProgressView {
  show(event: MigrateEvent): void
  /** Prints a line without harming what is drawn. */
  say(line: string): void
  /** Ends the drawing and gives the terminal back; may be called twice. */
  stop(): void
}
