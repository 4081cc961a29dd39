import { describe, expect, it } from '@jest/globals';
import { compareCompanies } from './compare-companies.ts';
import { isExternalRepository } from './external-repository.ts';

describe('compareCompanies', () => {
  it('takes a store for another portal’s when none of its companies is known', () => {
    const of = (companies: string[], folders: string[]) => compareCompanies(companies, folders);
    expect(of(['1'], ['1', '0', 'README.txt'])).toEqual({ isOtherPortal: false, withoutRow: [] });
    expect(of(['1', '2'], ['1', '9'])).toEqual({ isOtherPortal: false, withoutRow: ['9'] });
    expect(of(['1'], ['8', '9', '0'])).toEqual({ isOtherPortal: true, withoutRow: ['8', '9'] });
    expect(of([], ['1']).isOtherPortal).toBe(true);
    // An empty store is nobody's, and company 0 everybody's.
    for (const folders of [[], ['0'], ['.lifeboat', 'lost+found']])
      expect(of(['1'], folders).isOtherPortal).toBe(false);
  });
});

describe('isExternalRepository', () => {
  it('knows the portal’s own, and takes what it does not know for the portal’s', () => {
    const inner = 'com.liferay.portal.repository';
    expect(isExternalRepository(`${inner}.liferayrepository.LiferayRepository`)).toBe(false);
    expect(isExternalRepository(`${inner}.portletrepository.PortletRepository`)).toBe(false);
    expect(isExternalRepository(`${inner}.cmis.CMISRepository`)).toBe(true);
    expect([isExternalRepository(undefined), isExternalRepository('')]).toEqual([false, false]);
  });
});
