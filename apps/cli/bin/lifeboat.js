#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { runProgram } from '../../../tools/build/run-program.mjs';

await runProgram('cli', 'lifeboat');
