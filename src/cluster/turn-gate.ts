/** Lets any number of shards in at the same time, or a single one that must have the node to itself. In the order of coming. */
export class TurnGate {
  private inside = 0
  private isAlone = false
  private readonly waiting: { readonly isAlone: boolean; readonly enter: () => void }[] = []

  /** @returns resolves to the way out, which must be taken once. */
  enter(isAlone: boolean): Promise<() => void> {
    return new Promise((resolve) => {
      this.waiting.push({ isAlone, enter: () => resolve(() => this.leave()) })
      this.letIn()
    })
  }

  private leave(): void {
    this.inside--
    this.isAlone = false
    this.letIn()
  }

  private letIn(): void {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (this.isAlone || (next.isAlone && this.inside > 0)) return
      this.waiting.shift()
      this.inside++
      this.isAlone = next.isAlone
      next.enter()
    }
  }
}
