import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { AgentServiceDefinition } from '@lifeboat/wire';

interface Codec {
  encode(value: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

/** The generated, transport-free definition of the agent service as grpc-js wants it. */
export const agentServiceDefinition: ServiceDefinition<UntypedServiceImplementation> = Object.fromEntries(
  Object.entries(AgentServiceDefinition.methods).map(([key, method]) => {
    const request = method.requestType as unknown as Codec;
    const response = method.responseType as unknown as Codec;
    return [
      key,
      {
        path: `/${AgentServiceDefinition.fullName}/${method.name}`,
        requestStream: method.requestStream,
        responseStream: method.responseStream,
        requestSerialize: (value: unknown) => serialize(request, value),
        requestDeserialize: (bytes: Buffer) => request.decode(bytes),
        responseSerialize: (value: unknown) => serialize(response, value),
        responseDeserialize: (bytes: Buffer) => response.decode(bytes),
      },
    ];
  }),
);

function serialize(codec: Codec, value: unknown): Buffer {
  const bytes = codec.encode(value).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
