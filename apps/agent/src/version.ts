/** Told to the server at join and hello. */
export const AGENT_VERSION = '0.1.0';
