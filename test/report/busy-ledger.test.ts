import { describe, expect, it } from 'vitest'
import { BusyLedger } from '../../src/report/busy-ledger.ts'

const ms = (amount: number): number => amount * 1e6
const slice = (busy: number, onCpu: number, runQueue: number) => ({
  busyNs: ms(busy),
  onCpuNs: ms(onCpu),
  runQueueNs: ms(runQueue),
  waitingNs: ms(busy - onCpu - runQueue),
})

describe('BusyLedger', () => {
  it('shares a slice out to the files that it covers, by their wall time', () => {
    const ledger = new BusyLedger()
    const small = [
      ledger.add(0, ms(1), undefined),
      ledger.add(0, ms(2), undefined),
      ledger.add(0, ms(7), slice(10, 5, 2)),
    ]
    const large = ledger.add(0, ms(100), slice(100, 90, 10))
    expect(small).toEqual([slice(1, 0.5, 0.2), slice(2, 1, 0.4), slice(7, 3.5, 1.4)])
    expect(large).toEqual(slice(100, 90, 10))
    expect(ledger.total()).toEqual(slice(110, 95, 12))
    expect(ledger.source).toBe('thread-schedstat')
  })

  it('keeps threads apart', () => {
    const ledger = new BusyLedger()
    ledger.add(1, ms(10), slice(10, 1, 0))
    ledger.addConverted(1, 500)
    ledger.add(0, ms(20), slice(20, 20, 0))
    expect(ledger.threads()).toEqual([
      { thread: 0, files: 0, sourceBytes: 0, busy: slice(20, 20, 0) },
      { thread: 1, files: 1, sourceBytes: 500, busy: slice(10, 1, 0) },
    ])
  })

  it('estimates what no slice covers from the thread, and a thread without any from the others', () => {
    const ledger = new BusyLedger()
    ledger.add(0, ms(10), slice(10, 5, 1))
    const late = ledger.add(0, ms(2), undefined)
    const alone = ledger.add(1, ms(4), undefined)
    ledger.settle()
    expect([late, alone]).toEqual([slice(2, 1, 0.2), slice(4, 2, 0.4)])
    expect(ledger.total()).toEqual(slice(16, 8, 1.6))
  })

  it('uses the CPU time of the process where threads are not told apart', () => {
    let cpuNs = ms(1000)
    const ledger = new BusyLedger(() => cpuNs)
    const files = [ledger.add(0, ms(30), undefined), ledger.add(1, ms(10), undefined)]
    cpuNs += ms(20)
    ledger.settle()
    expect(files).toEqual([slice(30, 15, 0), slice(10, 5, 0)])
    expect([ledger.source, ledger.total()]).toEqual(['process', slice(40, 20, 0)])
  })

  it('never gives threads more CPU time than they were busy: the main thread used the rest', () => {
    let cpuNs = 0
    const ledger = new BusyLedger(() => cpuNs)
    ledger.add(0, ms(10), undefined)
    cpuNs = ms(99)
    ledger.settle()
    expect(ledger.total()).toEqual(slice(10, 10, 0))
  })
})
