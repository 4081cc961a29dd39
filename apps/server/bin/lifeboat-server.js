#!/usr/bin/env -S node --single-threaded-gc --max-semi-space-size=16 --disable-warning=ExperimentalWarning
import { existsSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';

// What is run here was compiled before, not at every start; worker threads find the cache by the variable.
enableCompileCache();
process.env.NODE_COMPILE_CACHE ??= getCompileCacheDir();

// `npm run build` makes one file of a program: it starts faster and needs less memory than the sources it came from.
const built = new URL('../../../dist/server/lifeboat-server.mjs', import.meta.url);
await import(existsSync(built) ? built.href : '../src/main.ts');
