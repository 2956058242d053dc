import {
  LocalControl,
  MemoryBlockList,
  MemoryBroker,
  readHistory,
  type ControlReply,
  type ControlRequest,
  type Member,
  type PublishOptions,
} from '@newswire/broker';
import type { JsonLine } from '@newswire/protocol';
import type { HttpReply } from '@newswire/transport';
import type { ApiParts } from '../../src/api/api-method.js';
import { createApi, apiRoutes } from '../../src/api/http-api.js';

export interface Published {
  readonly channel: string;
  readonly data: JsonLine;
  readonly options: PublishOptions | undefined;
}

class RecordingBroker extends MemoryBroker {
  readonly published: Published[] = [];

  override publish(channel: string, data: JsonLine, options?: PublishOptions) {
    this.published.push({ channel, data, options });
    return super.publish(channel, data, options);
  }
}

export interface RigOptions {
  readonly apiKey?: string;
  readonly closedBecause?: string;
  readonly maxDataBytes?: number;
  /** An edge's answer to a control request. */
  readonly edge?: (request: ControlRequest) => ControlReply;
  readonly parts?: Partial<ApiParts>;
}

/** The API's routes over the memory broker, an edge that remembers what it was asked, and presence. */
export class ApiRig {
  readonly broker: RecordingBroker;
  readonly blockList = new MemoryBlockList();
  readonly requests: ControlRequest[] = [];
  readonly members = new Map<string, Map<string, Member>>();
  /** `method code` of each error that was counted. */
  readonly errors: string[] = [];
  results = 0;
  readonly #routes;

  constructor(options: RigOptions = {}) {
    const limits = { historySize: 1000, historyTtlMs: 600_000 };
    this.broker = new RecordingBroker({ getLimits: () => limits, historyBytes: 1_048_576 });
    const control = new LocalControl();
    void control.serve((request) => {
      this.requests.push(request);
      return options.edge?.(request) ?? {};
    }, 'edge-1');
    const onError = (method: string, code: number) => void this.errors.push(`${method} ${code}`);
    const { apiKey, closedBecause, maxDataBytes = 65_536 } = options;
    const members = async (channel: string) => this.members.get(channel) ?? new Map();
    const parts: ApiParts = {
      broker: this.broker,
      control,
      blockList: this.blockList,
      presence: {
        members,
        stats: async (channel) => {
          const all = [...(await members(channel)).values()];
          return { clients: all.length, users: new Set(all.map(({ user }) => user)).size };
        },
      },
      readHistory,
      getOptions: (channel) => ({
        presence: !channel.startsWith('quiet:'),
        wildcard: channel.startsWith('wild:'),
      }),
      maxDataBytes,
      onItemError: onError,
      ...options.parts,
    };
    const onResult = () => void this.results++;
    this.#routes = apiRoutes({
      methods: createApi(parts),
      apiKey,
      closedBecause,
      maxDataBytes,
      onResult,
      onError,
    });
  }

  get methods(): string[] {
    return this.#routes.flatMap(({ method, path }) =>
      method === 'POST' && path !== '/api' ? [path.slice(5)] : [],
    );
  }

  /** What a GET of the OpenAPI document answers. */
  document(): HttpReply | Promise<HttpReply> | undefined {
    const route = this.#routes.find(({ path }) => path === '/api/openapi.json');
    return route?.handle({ body: '', query: '', headers: {} });
  }

  /** One request, to `/api` if the method is empty, as the server hands it over: with the headers that the route asked for. */
  async post(
    method: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpReply> {
    const route = this.#routes.find(
      ({ path }) => path === (method === '' ? '/api' : `/api/${method}`),
    );
    if (route === undefined) throw new Error(`there is no route for ${method}`);
    const names = route.headers ?? [];
    return route.handle({
      query: '',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: Object.fromEntries(names.map((name) => [name, headers[name] ?? ''])),
    });
  }

  /** The parsed answer of one request. */
  async call(method: string, body: unknown, headers?: Readonly<Record<string, string>>) {
    return JSON.parse((await this.post(method, body, headers)).body) as unknown;
  }
}

/** An error's body, its message `<code's words>: <detail>`. */
export function errorBody(code: number, message: string): object {
  return { error: { code, message } };
}
