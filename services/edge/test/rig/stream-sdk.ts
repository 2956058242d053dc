import { Centrifuge, type TransportName } from 'centrifuge';
import { EventSource } from 'eventsource';
import { SdkSubscription } from './sdk-client.js';

export type StreamTransport = Extract<TransportName, 'sse' | 'http_stream'>;

/** The unmodified library, on a transport that brings its commands in requests of their own. */
export class StreamSdk {
  readonly centrifuge: Centrifuge;
  readonly disconnects: number[] = [];
  readonly connects: number[] = [];

  constructor(url: string, transport: StreamTransport, token?: string) {
    this.centrifuge = new Centrifuge([{ transport, endpoint: `${url}/connection/${transport}` }], {
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
