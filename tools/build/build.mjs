/**
 * `npm run build`: plain JavaScript files in dist/, one per program and one for what it loads later; our own packages
 * bundled, those from the registry left where they are. Run it with the Node that the lock file pins: no types are
 * stripped at start any more.
 */
import { cpSync, rmSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const CAPTURE_WORKER = 'libs/capture/src/agent/worker.ts';

/** What each program consists of, by the name of its file in dist/. */
const PROGRAMS = {
  server: {
    'lifeboat-server': 'apps/server/src/main.ts',
    'capture-worker': CAPTURE_WORKER,
    'proof-worker': 'libs/vault/src/maintenance/proof-worker.ts',
  },
  agent: {
    'lifeboat-agent': 'apps/agent/src/main.ts',
    'capture-worker': CAPTURE_WORKER,
    'stage-worker': 'libs/restore/src/agent/stage-worker.ts',
  },
  cli: { lifeboat: 'apps/cli/src/main.ts' },
};

const bundleOurOwn = {
  name: 'bundle-our-own',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === 'entry-point') return undefined;
      // What a program does not use it does not load: none of these modules is imported for what it does on being loaded.
      if (!path.startsWith('@lifeboat/')) return { path, external: true, sideEffects: false };
      return { path: fileURLToPath(import.meta.resolve(path)), sideEffects: false };
    });
  },
};

const [name] = process.argv.slice(2);
const outdir = `dist/${name}`;
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: PROGRAMS[name],
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'esm',
  // What is imported late is loaded late.
  splitting: true,
  sourcemap: true,
  logLevel: 'warning',
  plugins: [bundleOurOwn],
});
if (name === 'server') cpSync('proto', `${outdir}/proto`, { recursive: true });
