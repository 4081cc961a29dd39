#!/usr/bin/env -S GLIBC_TUNABLES=glibc.malloc.mmap_threshold=8388608:glibc.malloc.trim_threshold=33554432 node --single-threaded-gc --max-old-space-size=512 --max-semi-space-size=2 --heap-growing-percent=50 --optimize-for-size --memory-pool-timeout=1 --disable-warning=ExperimentalWarning
import { runProgram } from '../../../tools/build/run-program.mjs';

await runProgram('agent', 'lifeboat-agent');
