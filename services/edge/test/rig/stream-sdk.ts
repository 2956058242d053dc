import { Centrifuge, type TransportName } from 'centrifuge';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import { EventSource } from 'eventsource';
import { SdkSubscription } from './sdk-client.js';

export type StreamTransport = Extract<TransportName, 'sse' | 'http_stream'>;

const PROTOBUF_BUILD = ProtobufCentrifuge as unknown as typeof Centrifuge;

/** The unmodified library, on a transport that brings its commands in requests of their own. */
export class StreamSdk {
  readonly centrifuge: Centrifuge;
  readonly disconnects: number[] = [];
  readonly connects: number[] = [];

  constructor(
    url: string,
    transport: StreamTransport,
    encoding: 'json' | 'protobuf' = 'json',
    token?: string,
  ) {
    const Library = encoding === 'json' ? Centrifuge : PROTOBUF_BUILD;
    this.centrifuge = new Library([{ transport, endpoint: `${url}/connection/${transport}` }], {
      eventsource: EventSource,
      emulationEndpoint: `${url}/emulation`,
      minReconnectDelay: 20,
      maxReconnectDelay: 200,
      ...(token === undefined ? {} : { token }),
    });
    this.centrifuge.on('disconnected', ({ code }) => this.disconnects.push(code));
    this.centrifuge.on('connecting', ({ code }) => this.connects.push(code));
    this.centrifuge.connect();
  }

  subscribe(channel: string): SdkSubscription {
    const options = { minResubscribeDelay: 20, maxResubscribeDelay: 200 };
    return new SdkSubscription(this.centrifuge.newSubscription(channel, options));
  }

  close(): void {
    this.centrifuge.disconnect();
  }
}
