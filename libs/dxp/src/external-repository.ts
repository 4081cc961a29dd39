/**
 * Classes of repositories whose bytes are the portal's own: sites, applications' attachments, uploads under way
 * (DXP facts §2.8, §3.2). 6.2 has attachments under the first.
 */
const OWN_CLASSES = new Set(['LiferayRepository', 'PortletRepository', 'TemporaryFileEntryRepository']);

/**
 * Whether a repository of this class (`ClassName_.value`) lies outside the portal: CMIS, SharePoint and the like. A
 * class that is not known is the portal's own, so that its documents are looked for.
 */
export function isExternalRepository(className: string | undefined): boolean {
  if (className === undefined || className === '') return false;
  return !OWN_CLASSES.has(className.slice(className.lastIndexOf('.') + 1));
}
