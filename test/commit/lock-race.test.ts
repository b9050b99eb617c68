import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { makeTargetRoot } from './temporary-tree.ts'

/*
 * Several real processes fight for one lock, and some of them die with it. Each owner writes a file that nobody else may have while
 * it owns the lock; a file that is already there means two owners at once. (The files of those who die are their own.)
 */

const CONTENDER = `
  import { rmSync, writeFileSync } from 'node:fs'
  import { setTimeout as sleep } from 'node:timers/promises'
  import { acquireLock } from './src/commit/lock/lock.js'
  const [targetRoot, name] = process.argv.slice(2)
  for (let round = 0; round < 30; round++) {
    try {
      const lock = await acquireLock({ targetRoot, manifestHash: name, forceUnlock: false, isDurable: false, timing: { dyingMs: 1 } })
      console.log('owned')
      if (round % 5 === 4) process.kill(process.pid, 'SIGKILL')
      try {
        writeFileSync(targetRoot + '/owner', name, { flag: 'wx' })
        await sleep(1)
        await lock.assertOwned()
        rmSync(targetRoot + '/owner')
      } catch (error) {
        console.log('two owners: ' + error.message)
      }
      await lock.release()
    } catch (error) {
      if (error.code !== 'RUN_ACTIVE') console.log('failed: ' + error.stack)
      await sleep(2)
    }
  }
`

/** Compiles what the lock needs, file by file: plain Node cannot run TypeScript. */
function buildContender(): string {
  const folder = makeTargetRoot()
  for (const name of ['commit', 'errors', 'model', 'storage', 'system']) {
    for (const file of readdirSync(join('src', name), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue
      mkdirSync(dirname(join(folder, 'src', name, file)), { recursive: true })
      const text = readFileSync(join('src', name, file), 'utf8')
      const compilerOptions = {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        rewriteRelativeImportExtensions: true,
      }
      const { outputText } = ts.transpileModule(text, { compilerOptions, fileName: file })
      writeFileSync(join(folder, 'src', name, file.replace(/\.ts$/, '.js')), outputText)
    }
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'contender.js'), CONTENDER)
  return join(folder, 'contender.js')
}

/** Runs a contender again after each of its deaths, a few times; answers with all that it said. */
async function contend(script: string, targetRoot: string, name: string): Promise<string[]> {
  const said: string[] = []
  for (let life = 0; life < 3; life++) {
    const child = spawn(process.execPath, [script, targetRoot, name], { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const text of child.stdout.setEncoding('utf8')) said.push(...String(text).trim().split('\n'))
  }
  return said
}

it.runIf(process.platform === 'linux')(
  'processes that fight for a lock, and die with it, never own it together',
  async () => {
    const targetRoot = makeTargetRoot()
    const script = buildContender()
    const said = (await Promise.all(['a', 'b', 'c'].map((name) => contend(script, targetRoot, name)))).flat()
    expect(new Set(said)).toEqual(new Set(['owned']))
    expect(said.length).toBeGreaterThan(9)
  },
  60_000,
)
