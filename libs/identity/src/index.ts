export {
  CertificateAuthority,
  type NodeCertificate,
  type ServerCredentials,
} from './certificate-authority.ts';
export { createCsr, createNodeKeyAndCsr } from './certificate-request.ts';
export { KeyRing, type ClusterKeys } from './key-ring.ts';
export { readPrivateFile } from './read-private-file.ts';
export { nodeOfCertificate, type CertifiedNode } from './node-certificate.ts';
export { allows, isRole, ROLES, type Role } from './role.ts';
export { createSessionKey, unwrapSessionKey, WRAPPED_KEY_LENGTH, wrapSessionKey } from './session-key.ts';
export { createApiToken, createJoinToken, hashToken, parseJoinToken, type NewToken } from './tokens.ts';
