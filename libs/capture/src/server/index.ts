export { handleUpload, type UploadContext, type UploadServerCall } from './handle-upload.ts';
export { localUpload, type LocalUploadCall } from './local-upload.ts';
export type { ServerCall } from '@lifeboat/rpc';
export { UPLOAD_LIMITS } from './upload-limits.ts';
export type { UploadTotals } from './upload-session.ts';
