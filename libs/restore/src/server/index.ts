export {
  DOWNLOAD_LIMITS,
  handleDownload,
  type DownloadContext,
  type DownloadServerCall,
} from './handle-download.ts';
export type { ServerCall } from '@lifeboat/rpc';
