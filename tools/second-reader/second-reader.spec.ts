import path from 'node:path';
import { expect, it } from '@jest/globals';
import { runProcess } from '@lifeboat/testkit';

it('the second reader withstands hostile bytes', async () => {
  const test = path.join(import.meta.dirname, 'test_hostile.py');
  const { code, stderr } = await runProcess('/usr/bin/python3', ['-B', test]);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
});
