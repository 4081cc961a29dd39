import { describe, expect, it } from '@jest/globals';
import { allows, isRole, type Role } from './role.ts';

describe('roles', () => {
  it.each<[held: Role, viewer: boolean, operator: boolean, admin: boolean]>([
    ['viewer', true, false, false],
    ['operator', true, true, false],
    ['admin', true, true, true],
  ])('%s may what its row says', (held, viewer, operator, admin) => {
    expect(allows(held, 'viewer')).toBe(viewer);
    expect(allows(held, 'operator')).toBe(operator);
    expect(allows(held, 'admin')).toBe(admin);
  });

  it('an unknown role may nothing', () => {
    expect(allows('root' as Role, 'viewer')).toBe(false);
    expect(isRole('root')).toBe(false);
    expect(isRole('admin')).toBe(true);
  });
});
