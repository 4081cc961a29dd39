import { z } from 'zod';

/** What a caller may do, weakest first: look; take and restore sets; change what is protected and who may join. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;

export const roleSchema = z.enum(ROLES);
export type Role = z.output<typeof roleSchema>;

export const meSchema = z.object({ name: z.string(), role: roleSchema }).meta({ id: 'Me' });
export type Me = z.output<typeof meSchema>;
