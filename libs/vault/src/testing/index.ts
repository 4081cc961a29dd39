export { TestSender } from './test-sender.ts';
export { seededBytes } from './seeded-bytes.ts';
export { TestVault, TestVaults } from './test-vaults.ts';
