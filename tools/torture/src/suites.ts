import { bitRot } from './bit-rot/bit-rot.ts';
import { crashPoints } from './crash-points/crash-points.ts';
import { decoders } from './decoders/decoders.ts';
import { model } from './model/model.ts';
import type { Suite } from './suite.ts';

export const SUITES = {
  decoders,
  'bit-rot': bitRot,
  'crash-points': crashPoints,
  model,
} as const satisfies Record<string, Suite>;

export type SuiteName = keyof typeof SUITES;

export const SUITE_NAMES = Object.keys(SUITES) as SuiteName[];
