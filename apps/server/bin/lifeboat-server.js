#!/usr/bin/env -S node --single-threaded-gc --max-semi-space-size=16 --initial-old-space-size=128 --heap-growing-percent=100 --disable-warning=ExperimentalWarning
import { runProgram } from '../../../tools/build/run-program.mjs';

await runProgram('server', 'lifeboat-server');
