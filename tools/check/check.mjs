/** `npm run check`: format, proto lint, generated code up to date, lint with layer boundaries, types. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

const bin = (name) => path.resolve('node_modules/.bin', name);

const CHECKS = {
  format: () => run(bin('prettier'), ['--check', '--log-level', 'warn', '.']),
  'proto lint': () => run(bin('buf'), ['lint']),
  'proto format': () => run(bin('buf'), ['format', '-d', '--exit-code']),
  'generated code up to date': generatedCodeIsUpToDate,
  'lint and boundaries': lintAndBoundaries,
  types: () => run(bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']),
};

let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  const startedAt = Date.now();
  try {
    check();
    console.log(`ok      ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    if (error.status === undefined) console.error(error.message);
    console.error(`FAILED  ${name}`);
  }
}
const count = Object.keys(CHECKS).length;
console.log(`check: ${count - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function run(program, args) {
  execFileSync(program, args, { stdio: 'inherit', env: { ...process.env, NX_DAEMON: 'false' } });
}

/** Without nx's project graph the boundary rule silently checks nothing, so the graph is built first. */
function lintAndBoundaries() {
  execFileSync(bin('nx'), ['show', 'projects'], { env: { ...process.env, NX_DAEMON: 'false' } });
  run(bin('eslint'), ['--max-warnings', '0', '.']);
}

function generatedCodeIsUpToDate() {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'lifeboat-generated-'));
  try {
    run(bin('buf'), ['generate', '--output', directory]);
    const generated = 'libs/wire/src/generated';
    const fresh = filesBelow(path.join(directory, generated));
    const checkedIn = filesBelow(generated);
    if (JSON.stringify(fresh) !== JSON.stringify(checkedIn)) {
      throw new Error(`${generated} is out of date: run npm run generate and commit the result`);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => [path.relative(directory, file), readFileSync(file, 'utf8')]);
}
