// The call frame (../call-frame.ts) seen from the kernels. It lies at address 0, so each word has a constant address.

// @ts-ignore: decorator
@inline
export function readWord(word: i32): u32 {
  return load<u32>((<usize>word) << 2)
}

// @ts-ignore: decorator
@inline
export function writeWord(word: i32, value: u32): void {
  store<u32>((<usize>word) << 2, value)
}
