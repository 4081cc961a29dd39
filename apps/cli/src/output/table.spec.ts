import { describe, expect, it } from '@jest/globals';
import { facts, table } from './table.ts';

describe('tables', () => {
  it('align their columns and end no line in spaces', () => {
    const rows = [
      { name: 'a', size: 1 },
      { name: 'long', size: 100 },
    ];
    const text = table<(typeof rows)[number]>(
      rows,
      [
        { title: 'SIZE', cell: ({ size }) => String(size), right: true },
        { title: 'NAME', cell: ({ name }) => name },
      ],
      'none',
    );
    expect(text).toBe('SIZE  NAME\n   1  a\n 100  long');
  });

  it('say a sentence when there is nothing', () =>
    expect(table([], [], 'No sets yet.')).toBe('No sets yet.'));

  it('leave out facts that are not known, and show control characters as text', () => {
    expect(facts([['a', '1'], ['name', 'x\u001b[2J\ny'], ['gone', undefined]])).toBe('a     1\nname  x\\x1b[2J\\x0ay'); // prettier-ignore
  });
});
