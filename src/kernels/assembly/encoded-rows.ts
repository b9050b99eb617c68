// How the encoding kernels find what the host has prepared of a row's view:
//
//     keysStart        shape table: a word for each shape of the batch, the place of its view; 0: the kernel does not know it
//     + 128 KiB        constants of the writer (the text of null)
//     then             views, whose layout each kernel draws
//
// src/formats/view-tables.ts writes it.
import { ROW_END, ROW_SHAPE, ROW_START } from './rows'

// @ts-ignore: decorator
@inline
export function isRejected(rowAt: usize): bool {
  return load<i32>(rowAt + ROW_SHAPE) < 0
}

/** The place of the row's view, or 0. */
// @ts-ignore: decorator
@inline
export function findView(rowAt: usize, shapes: usize, shapeCount: u32): usize {
  const shape = load<u32>(rowAt + ROW_SHAPE)
  return shape < shapeCount ? <usize>load<u32>(shapes + ((<usize>shape) << 2)) : 0
}

/** The most bytes that a row takes: no text is longer than the row's bytes, and at most `mostUses` columns show the same cell. */
// @ts-ignore: decorator
@inline
export function mostBytes(rowAt: usize, mostUses: u32, growth: u32, fixedBytes: u32): u64 {
  const span = load<u32>(rowAt + ROW_END) - load<u32>(rowAt + ROW_START)
  return <u64>span * (growth * mostUses) + fixedBytes
}
