// All kernels, as one module over the memory of a batch (src/batch/batch-memory.ts draws its regions).
// If you change the parameters of one, also change its signature in src/kernels/load-kernels.ts and its caller: no compiler compares them.
export { castRows } from './cast-cells'
export * from './delimited-scan'
export { encodeCsvRows } from './encode-csv'
export { encodeJsonRows } from './encode-json'
export { encodedEnd, isOutputFull } from './encoded-rows'
export * from './json-parse'
export { foldChecksum } from './fold-checksum'
