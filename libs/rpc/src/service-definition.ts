import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { asBuffer } from '@lifeboat/kernel';
import {
  AgentServiceDefinition,
  decodeDownloadResponse,
  decodeUploadRequest,
  DownloadResponse,
  type EncodedDownloadResponse,
  encodeDownloadResponse,
  type EncodedUploadRequest,
  encodeUploadRequest,
  UploadRequest,
} from '@lifeboat/wire';

interface Codec {
  encode(value: unknown): Buffer;
  decode(bytes: Buffer): unknown;
}

interface GeneratedCodec {
  encode(value: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

/** The generated, transport-free definition of the agent service as grpc-js wants it. */
export const agentServiceDefinition: ServiceDefinition<UntypedServiceImplementation> = Object.fromEntries(
  Object.entries(AgentServiceDefinition.methods).map(([key, method]) => {
    const request = codecOf(method.requestType);
    const response = codecOf(method.responseType);
    return [
      key,
      {
        path: `/${AgentServiceDefinition.fullName}/${method.name}`,
        requestStream: method.requestStream,
        responseStream: method.responseStream,
        requestSerialize: (value: unknown) => request.encode(value),
        requestDeserialize: (bytes: Buffer) => request.decode(bytes),
        responseSerialize: (value: unknown) => response.encode(value),
        responseDeserialize: (bytes: Buffer) => response.decode(bytes),
      },
    ];
  }),
);

function codecOf(type: unknown): Codec {
  if (type === UploadRequest) {
    const encode = (value: unknown) => encodeUploadRequest(value as UploadRequest | EncodedUploadRequest);
    return { encode, decode: decodeUploadRequest };
  }
  if (type === DownloadResponse) {
    const encode = (value: unknown) =>
      encodeDownloadResponse(value as DownloadResponse | EncodedDownloadResponse);
    return { encode, decode: decodeDownloadResponse };
  }
  const generated = type as GeneratedCodec;
  return {
    encode: (value) => asBuffer(generated.encode(value).finish()),
    decode: (bytes) => generated.decode(bytes),
  };
}
