export { seededBytes } from './seeded-bytes.ts';
export { TestSender } from './test-sender.ts';
export { setDocument } from './test-set.ts';
export { captureTestTree, fileEntry } from './test-tree.ts';
export { TestVault, TestVaults } from './test-vaults.ts';
