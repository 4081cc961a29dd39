export * from './generated/lifeboat/v1/agent.ts';
export * from './generated/lifeboat/v1/command.ts';
export * from './generated/lifeboat/v1/transfer.ts';
