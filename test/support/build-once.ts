import { execFileSync } from 'node:child_process'

/** Worker threads and the command line run from `dist`, so it is built before any test. */
export default function buildOnce(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
}
