import { workerData } from 'node:worker_threads'
import { createTaskRunner, type WorkerSetup } from '../src/convert/convert-task.ts'
import { loadFormats } from '../src/formats/load-formats.ts'

const setup = workerData as WorkerSetup & { readonly formats: readonly string[] }
await loadFormats(setup.formats)

/** The entry of a pool thread: one task in, one task result out. */
export default createTaskRunner(setup)
