#!/usr/bin/env -S node --single-threaded-gc --max-old-space-size=512 --max-semi-space-size=1 --heap-growing-percent=10 --optimize-for-size --memory-pool-timeout=1 --disable-warning=ExperimentalWarning
import { runProgram } from '../../../tools/build/run-program.mjs';

await runProgram('agent', 'lifeboat-agent');
