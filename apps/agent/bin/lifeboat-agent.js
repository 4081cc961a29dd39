#!/usr/bin/env -S node --single-threaded-gc --max-old-space-size=512 --max-semi-space-size=4 --disable-warning=ExperimentalWarning
import { existsSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';

// What is run here was compiled before, not at every start; worker threads find the cache by the variable.
enableCompileCache();
process.env.NODE_COMPILE_CACHE ??= getCompileCacheDir();

// `npm run build` makes one file of a program: it starts faster and needs less memory than the sources it came from.
const built = new URL('../../../dist/agent/lifeboat-agent.mjs', import.meta.url);
await import(existsSync(built) ? built.href : '../src/main.ts');
