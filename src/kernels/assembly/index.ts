// All kernels, as one module over the memory of a batch (src/batch/batch-memory.ts draws its regions). Hosts speak with them through the
// call frame (../call-frame.ts). src/kernels/load-kernels.ts declares them, and test/kernels/call-frame.test.ts compares the two.
export { castRows } from './cast-cells'
export { scanSeparators, takeRows } from './delimited-scan'
export { encodeCsvRows } from './encode-csv'
export { encodeJsonRows } from './encode-json'
export { foldChecksum } from './fold-checksum'
export { takeRecords } from './json-parse'
