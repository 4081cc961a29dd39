/** Files of configuration that people write: what changed in them is worth showing line by line. */
const NAMES = /\.(?:properties|config|cfg|xml|yaml|yml|conf)$|(?:^|\/)setenv\.sh$/;
/** Keys of a subscription: secrets as a whole. */
const LICENCES = /(?:^|\/)license\//;

/** What is longer was written by no one. */
const LONGEST_TEXT = 256 * 1024;

export function isConfigurationText(path: string, size: number): boolean {
  return NAMES.test(path) && !LICENCES.test(path) && size <= LONGEST_TEXT;
}
