import { workerData } from 'node:worker_threads'
import { createTaskRunner, type WorkerSetup } from '../src/convert-task.ts'

/** The entry of a pool thread: one task in, one task result out. */
export default createTaskRunner(workerData as WorkerSetup)
