import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import {
  AgentServiceDefinition,
  decodeUploadRequest,
  EncodedUploadRequest,
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
  if (type === UploadRequest) return { encode: encodeUpload, decode: decodeUploadRequest };
  const generated = type as GeneratedCodec;
  return {
    encode: (value) => {
      const bytes = generated.encode(value).finish();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    decode: (bytes) => generated.decode(bytes),
  };
}

function encodeUpload(value: unknown): Buffer {
  return value instanceof EncodedUploadRequest ? value.bytes : encodeUploadRequest(value as UploadRequest);
}
