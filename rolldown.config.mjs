// Joins the modules of the command line, and those of its threads, into few files. Node takes a third of a millisecond to find, read and link
// each of 340 modules (half of zod's are messages in other languages), which was half of what a run over a tiny file took.
//
// The library (dist/src) stays as tsc makes it. These chunks lie two folders below the package like `src/*/`, so that files which
// are found relative to a module (the kernels, the threads' entry, package.json) are found from there too. Maps stay at home (`files` of
// package.json): the sources that they name are not in the package, and what is there reads like them.
import { defineConfig } from 'rolldown'

/** Packages that are joined in; all others are loaded when, and if, they are needed. */
const JOINED_PACKAGES = /^(?:zod|commander|picomatch)(?:\/|$)/

export default defineConfig({
  input: { 'bin/migrate': 'bin/migrate.ts', 'workers/convert-task': 'workers/convert-task.ts' },
  platform: 'node',
  external: (id) => /^[@a-z]/.test(id) && !/^(?:bin|workers)\//.test(id) && !JOINED_PACKAGES.test(id),
  output: { dir: 'dist', format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js', sourcemap: 'hidden' },
})
