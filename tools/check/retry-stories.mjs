/**
 * A story drives many real processes against each other's deadlines, and a machine that stands still for seconds can
 * fail it. It gets one more try, and the first failure is printed: a story that needs it is to be looked into.
 */
import { jest, expect } from '@jest/globals';

if (expect.getState().testPath?.includes('/stories/')) jest.retryTimes(1, { logErrorsBeforeRetry: true });
