export interface CompanyComparison {
  /** The store is another portal's: it has folders of companies, and none of them is in the database. */
  readonly isOtherPortal: boolean;
  /** Folders of companies that the database does not know: a known state of a store, not damage (DXP facts §2.1). */
  readonly withoutRow: readonly string[];
}

/** Compares ids of `Company` rows with the names of the folders at the top of a document store. */
export function compareCompanies(companies: Iterable<string>, folders: Iterable<string>): CompanyComparison {
  const known = new Set(companies);
  // Company 0 is nobody's: images of before 7.x (DXP facts §2.1).
  const ofCompanies = [...folders].filter((name) => /^[1-9]\d*$/.test(name));
  const withoutRow = ofCompanies.filter((name) => !known.has(name)).sort();
  return { isOtherPortal: ofCompanies.length > 0 && withoutRow.length === ofCompanies.length, withoutRow };
}
