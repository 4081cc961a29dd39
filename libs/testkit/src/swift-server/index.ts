export { startSwift } from './start-swift.ts';
export { SwiftServer } from './swift-server.ts';
