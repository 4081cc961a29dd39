import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const LAYERS = '@nx/enforce-module-boundaries';
const IMPORTS = 'no-restricted-imports';
const PROPERTIES = 'no-restricted-properties';

/** Source as it would be if this file of the project held it, and the rule that must refuse it. */
const WRONG: Readonly<Record<string, readonly [file: string, source: string, rule: string]>> = {
  'kernel imports model': ['libs/kernel/src/clock.ts', importOf('@lifeboat/model'), LAYERS],
  'model imports a pure lib': ['libs/model/src/statement.ts', importOf('@lifeboat/dxp'), LAYERS],
  'a pure lib imports an outside one': ['libs/dxp/src/paths.ts', importOf('@lifeboat/file-tree'), LAYERS],
  'an outside lib imports the vault': ['libs/rpc/src/peer.ts', importOf('@lifeboat/vault'), LAYERS],
  'the vault imports an engine': ['libs/vault/src/index.ts', importOf('@lifeboat/coordination'), LAYERS],
  'an engine imports an engine': [
    'libs/coordination/src/drive.ts',
    importOf('@lifeboat/capture/server'),
    LAYERS,
  ],
  'an app imports the test kit': ['apps/cli/src/main.ts', importOf('@lifeboat/testkit'), LAYERS],
  'a lib reaches into another one by a relative path': [
    'libs/kernel/src/clock.ts',
    importOf('../../model/src/index.ts'),
    LAYERS,
  ],
  'a pure lib reads files': ['libs/dxp/src/paths.ts', importOf('node:fs'), IMPORTS],
  'a pure lib reads files in promises': [
    'libs/model/src/statement.ts',
    importOf('node:fs/promises'),
    IMPORTS,
  ],
  'a pure lib opens a connection': ['libs/vault-format/src/index.ts', importOf('node:net'), IMPORTS],
  'a pure lib starts a process': ['libs/console-api/src/route.ts', importOf('node:child_process'), IMPORTS],
  'a pure lib asks the time': ['libs/kernel/src/clock.ts', 'export const now = Date.now();', PROPERTIES],
  'a pure lib throws dice': ['libs/chunking/src/index.ts', 'export const die = Math.random();', PROPERTIES],
  'the agent imports the vault': ['apps/agent/src/machine.ts', importOf('@lifeboat/vault'), IMPORTS],
  'the agent imports the catalog': ['apps/agent/src/machine.ts', importOf('@lifeboat/catalog'), IMPORTS],
  'the agent imports a server half': [
    'apps/agent/src/machine.ts',
    importOf('@lifeboat/restore/server'),
    IMPORTS,
  ],
  'an agent half imports the vault': [
    'libs/capture/src/agent/index.ts',
    importOf('@lifeboat/vault'),
    IMPORTS,
  ],
  'the server imports the agent half that restores': [
    'apps/server/src/main.ts',
    importOf('@lifeboat/restore/agent'),
    IMPORTS,
  ],
};

const RIGHT: Readonly<Record<string, readonly [file: string, source: string]>> = {
  'model imports kernel': ['libs/model/src/statement.ts', importOf('@lifeboat/kernel')],
  'coordination imports the vault': ['libs/coordination/src/drive.ts', importOf('@lifeboat/vault')],
  'the server imports a server half': ['apps/server/src/main.ts', importOf('@lifeboat/restore/server')],
  'the agent imports an agent half': ['apps/agent/src/machine.ts', importOf('@lifeboat/restore/agent')],
  'an outside lib reads files': ['libs/file-tree/src/walk.ts', importOf('node:fs')],
};

function importOf(name: string): string {
  return `import * as other from '${name}';\nexport const used = other;\n`;
}

/** Ids of the rules that each text breaks where it would stand; one linter for all, in a process of its own. */
async function brokenRules(texts: readonly (readonly [file: string, source: string])[]): Promise<string[][]> {
  const script = `
    import { ESLint } from 'eslint';
    const eslint = new ESLint();
    const answers = [];
    for (const [filePath, text] of JSON.parse(process.argv[1])) {
      const [result] = await eslint.lintText(text, { filePath });
      answers.push(result.messages.map(({ ruleId, message }) => ruleId ?? message));
    }
    process.stdout.write(JSON.stringify(answers));
  `;
  const { stdout } = await inRoot(process.execPath, [
    '--input-type=module',
    '-e',
    script,
    JSON.stringify(texts),
  ]);
  return JSON.parse(stdout) as string[][];
}

function inRoot(program: string, args: string[]) {
  return run(program, args, { cwd: ROOT, env: { ...process.env, NX_DAEMON: 'false' } });
}

describe('the layer law', () => {
  const broken = new Map<string, readonly string[]>();

  beforeAll(async () => {
    // Without a project graph the rule checks nothing and says nothing.
    await inRoot(path.join(ROOT, 'node_modules/.bin/nx'), ['show', 'projects']);
    const cases = [...Object.entries(WRONG), ...Object.entries(RIGHT)];
    const rules = await brokenRules(cases.map(([, [file, source]]) => [file, source] as const));
    cases.forEach(([name], at) => broken.set(name, rules[at]!));
  }, 180_000);

  it.each(Object.keys(WRONG))('refuses when %s', (name) => {
    expect(broken.get(name)).toContain(WRONG[name]![2]);
  });

  it.each(Object.keys(RIGHT))('lets through that %s', (name) => {
    expect(broken.get(name)).toEqual([]);
  });
});
