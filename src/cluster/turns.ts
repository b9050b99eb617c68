/** Lets one after the other go on, in the order of coming. */
export class Turns {
  private last: Promise<void> = Promise.resolve()

  /** @returns resolves when all who came before have let go, to the way to do so; doing it twice is doing it once. */
  take(): Promise<() => void> {
    const before = this.last
    return new Promise((go) => {
      this.last = new Promise((letGo) => {
        void before.then(() => go(() => letGo()))
      })
    })
  }
}
