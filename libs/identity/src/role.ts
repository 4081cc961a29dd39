/** Each role may do what the ones before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;

/** viewer reads; operator takes and restores sets; admin also changes who and what belongs to the system. */
export type Role = (typeof ROLES)[number];

export function allows(held: Role, needed: Role): boolean {
  const rank = ROLES.indexOf(held);
  // An unknown role, from a database that someone edited, allows nothing.
  return rank >= 0 && rank >= ROLES.indexOf(needed);
}

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}
