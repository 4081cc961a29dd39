export { cutLength } from './cut-length.ts';
export { GEAR_KEY_LENGTH, gearTable, type GearTable } from './gear-table.ts';
export { isZero } from './is-zero.ts';
export { AVERAGE_CHUNK, MAX_CHUNK, MIN_CHUNK } from './sizes.ts';
