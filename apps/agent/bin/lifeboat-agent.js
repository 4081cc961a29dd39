#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=8388608 MALLOC_TRIM_THRESHOLD_=33554432 node --single-threaded-gc --max-old-space-size=512 --max-semi-space-size=2 --heap-growing-percent=50 --optimize-for-size --memory-pool-timeout=1 --disable-warning=ExperimentalWarning
import { runProgram } from '../../../tools/build/run-program.mjs';

await runProgram('agent', 'lifeboat-agent');
