import { rootOf } from '@lifeboat/database/work';
import { assertMayRestore, type AgentPolicy } from '@lifeboat/restore/agent';

import type { DatabaseAccess } from './database-access.ts';
import type { DatabaseHandlers } from './database-handlers.ts';
import type { RunningLoads } from './running-loads.ts';

type RestoreKinds =
  'load' | 'fence' | 'unfence' | 'switch-to' | 'switch-back' | 'discard-staged' | 'finalize';

/**
 * Bringing a database back. Whatever replaces what is live, or makes ready for it, needs `mayRestore` in the node's
 * policy; unfence and discard-staged do not, because a restore that is refused half-way must be undone all the same.
 */
export function restoreWork(
  access: DatabaseAccess,
  loads: RunningLoads,
  policy: AgentPolicy,
): DatabaseHandlers<RestoreKinds> {
  return {
    load: async ({ definition, restore, root, expected }, call) => {
      assertMayRestore(policy);
      const engine = await access.engine(definition);
      return loads.run(restore, call.signal, (signal) =>
        access.download(call.operationId, rootOf(root), signal, (dump) =>
          engine.load(dump, restore, expected),
        ),
      );
    },
    fence: async ({ definition }) => {
      assertMayRestore(policy);
      await (await access.engine(definition)).fence();
      return {};
    },
    unfence: async ({ definition }) => {
      await (await access.engine(definition)).unfence();
      return {};
    },
    'switch-to': async ({ definition, restore }) => {
      assertMayRestore(policy);
      const { millis } = await (await access.engine(definition)).switchTo(restore);
      return { millis };
    },
    'switch-back': async ({ definition, restore }) => {
      assertMayRestore(policy);
      await (await access.engine(definition)).switchBack(restore);
      return {};
    },
    'discard-staged': async ({ definition, restore }) => {
      await loads.end(restore);
      await (await access.engine(definition)).discardStaged(restore);
      return {};
    },
    finalize: async ({ definition, restore }) => {
      assertMayRestore(policy);
      await (await access.engine(definition)).finalize(restore);
      return {};
    },
  };
}
