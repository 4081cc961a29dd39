#!/usr/bin/env -S node --max-semi-space-size=4 --disable-warning=ExperimentalWarning
import { enableCompileCache, getCompileCacheDir } from 'node:module';

// Types are stripped and modules compiled once, not at every start; worker threads find the cache by the variable.
enableCompileCache();
process.env.NODE_COMPILE_CACHE ??= getCompileCacheDir();
await import('../src/main.ts');
