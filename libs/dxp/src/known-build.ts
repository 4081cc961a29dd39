const OLDEST = 6200;
const NEWEST = 7499;

/** Whether `Release_.buildNumber` is of a release whose tables and paths are known: 6.2 to 7.4 (DXP facts §3.3). */
export function isKnownBuild(buildNumber: string | null): boolean {
  const build = Number(buildNumber);
  return buildNumber !== null && build >= OLDEST && build <= NEWEST;
}
