/*
 * How long many nodes take for shards, without the nodes. One event at a time: a node ends a shard, or is lost. All active nodes share the
 * storage: where they ask for more than it gives, all are slower by the same factor. So time runs on a second clock, "progress", that goes
 * slower than the first while storage is short, and the end of each shard is fixed on it when the shard is begun.
 */

export interface SimulatedNode {
  /** 1 is as fast as planned, 0.5 half as fast. */
  readonly speed: number
  /** On the clock of progress; Infinity: never. */
  readonly lostAt: number
}

export interface Simulation {
  readonly nodes: readonly SimulatedNode[]
  /** Seconds of work of a planned node for each shard, in the order in which they are handed out. */
  readonly shards: Float64Array
  /** Static: shard i belongs to node i. Dynamic: whoever is free takes the next. */
  readonly isDynamic: boolean
  /** Planned nodes that the storage can feed at once. */
  readonly storageNodes: number
  /** From the loss of a node until its shard is begun again: by the batch system, or by the queue. */
  readonly recoverySeconds: number
  /** Shards a second that the queue hands out at most. */
  readonly queueRate: number
}

interface Running {
  readonly node: number
  readonly shard: number
  /** On the clock of progress. */
  readonly endsAt: number
}

/** @returns the seconds until the last shard is done. */
export function simulate(simulation: Simulation): number {
  const { nodes, shards, isDynamic, storageNodes, recoverySeconds } = simulation
  const running = new EventHeap()
  const slowdownNow = (): number => Math.max(1, demand / storageNodes)
  // The queue and the recovery are not slowed by the storage: on the clock of progress they take less.
  const handOutNow = (): number => 1 / simulation.queueRate / slowdownNow()
  const recoveryNow = (): number => recoverySeconds / slowdownNow()
  let queueFreeAt = 0
  let demand = 0
  let progress = 0
  let seconds = 0
  let next = 0
  const again: { readonly shard: number; readonly work: number; readonly at: number }[] = []

  const begin = (node: number, shard: number, work: number, notBefore: number): void => {
    const { speed, lostAt } = nodes[node] ?? { speed: 1, lostAt: Infinity }
    if (isDynamic) queueFreeAt = Math.max(queueFreeAt, progress, notBefore) + handOutNow()
    const start = isDynamic ? queueFreeAt : Math.max(progress, notBefore)
    const end = start + work / speed
    demand += speed
    running.add({ node, shard, endsAt: Math.min(end, Math.max(lostAt, start)) })
    if (end > lostAt)
      again.push({ shard, work: Math.min(work, (end - Math.max(lostAt, start)) * speed), at: Math.max(lostAt, start) })
  }
  const takeNext = (node: number): boolean => {
    const left = again.findIndex(({ at }) => at <= progress)
    if (left >= 0) {
      const [{ shard, work, at }] = again.splice(left, 1) as [(typeof again)[number]]
      begin(node, shard, work, at + recoveryNow())
      return true
    }
    if (!isDynamic || next >= shards.length) return false
    begin(node, next, shards[next] ?? 0, progress)
    next += 1
    return true
  }

  for (let node = 0; node < nodes.length; node++) {
    if (isDynamic) takeNext(node)
    else begin(node, node, shards[node] ?? 0, 0)
  }
  const idle: number[] = []
  for (let event = running.take(); event !== null; event = running.take()) {
    const slowdown = slowdownNow()
    seconds += Math.max(0, event.endsAt - progress) * slowdown
    progress = Math.max(progress, event.endsAt)
    const { speed, lostAt } = nodes[event.node] ?? { speed: 1, lostAt: Infinity }
    demand -= speed
    const isLost = event.endsAt >= lostAt
    // A lost node comes back as a new one under a static shard; a queue does without it, and an idle node takes what it left.
    if (isLost && !isDynamic) restart(event.node)
    else if (!isLost && !takeNext(event.node)) idle.push(event.node)
    while (again.some(({ at }) => at <= progress) && idle.length > 0) takeNext(idle.pop() ?? 0)
  }
  return seconds

  function restart(node: number): void {
    const left = again.findIndex(({ shard }) => shard === node)
    const [lost] = left >= 0 ? again.splice(left, 1) : []
    if (lost === undefined) return
    demand += 1
    running.add({ node: nodes.length, shard: node, endsAt: lost.at + recoveryNow() + lost.work })
  }
}

/** Running shards, the one that ends first on top. */
class EventHeap {
  private readonly heap: Running[] = []

  add(event: Running): void {
    const { heap } = this
    let place = heap.push(event) - 1
    for (let above = (place - 1) >> 1; place > 0; above = (place - 1) >> 1) {
      const parent = heap[above]
      if (parent === undefined || parent.endsAt <= event.endsAt) break
      heap[place] = parent
      place = above
    }
    heap[place] = event
  }

  take(): Running | null {
    const { heap } = this
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined) return null
    if (heap.length === 0) return top
    let place = 0
    for (;;) {
      const left = place * 2 + 1
      const child = (heap[left + 1]?.endsAt ?? Infinity) < (heap[left]?.endsAt ?? Infinity) ? left + 1 : left
      const below = heap[child]
      if (below === undefined || below.endsAt >= last.endsAt) break
      heap[place] = below
      place = child
    }
    heap[place] = last
    return top
  }
}
