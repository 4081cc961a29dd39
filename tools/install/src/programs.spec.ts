import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { PROGRAMS, variablesOf, type App } from './programs.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

describe('the flags of a program', () => {
  it.each(Object.keys(PROGRAMS) as App[])('are those of its first line: %s', (app) => {
    const { name, nodeFlags } = PROGRAMS[app];
    const [firstLine] = readFileSync(path.join(ROOT, `apps/${app}/bin/${name}.js`), 'utf8').split('\n');
    expect(firstLine).toBe(`#!/usr/bin/env -S ${[...variablesOf(app), 'node', ...nodeFlags].join(' ')}`);
  });
});
