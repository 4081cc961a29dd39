#!/usr/bin/env -S node --single-threaded-gc --max-old-space-size=512 --max-semi-space-size=1 --heap-growing-percent=10 --disable-warning=ExperimentalWarning
import { runProgram } from '../../../tools/build/run-program.mjs';

await runProgram('agent', 'lifeboat-agent');
