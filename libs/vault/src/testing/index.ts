export { seededBytes } from './seeded-bytes.ts';
export { failing, type Faults } from './failing.ts';
export { sendEntries } from './send-entries.ts';
export { TestSender } from './test-sender.ts';
export { setDocument } from './test-set.ts';
export { TestAgent } from './test-agent.ts';
export { TestSets, type RunningSet, type TakenSet } from './test-sets.ts';
export { captureTestTree, fileEntry, sendTree, type Send } from './test-tree.ts';
export { TestVault, TestVaults } from './test-vaults.ts';
