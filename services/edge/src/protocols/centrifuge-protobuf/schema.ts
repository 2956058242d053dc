import { mapOf, message, repeated, type MessageType } from './messages.js';

// The tables of client.proto, which describes them. Decoded messages have the members of the
// protocol's JSON format, so that both encodings share the checks of commands.

const StreamPosition = message({ offset: [1, 'uint64'], epoch: [2, 'string'] });

const FilterNode: MessageType = message({
  op: [1, 'string'],
  key: [2, 'string'],
  cmp: [3, 'string'],
  val: [4, 'string'],
  vals: [5, repeated('string')],
  nodes: [6, repeated(() => FilterNode)],
});

const SubscribeRequest = message({
  channel: [1, 'string'],
  token: [2, 'string'],
  recover: [3, 'bool'],
  epoch: [6, 'string'],
  offset: [7, 'uint64'],
  data: [8, 'bytes'],
  positioned: [9, 'bool'],
  recoverable: [10, 'bool'],
  join_leave: [11, 'bool'],
  delta: [12, 'string'],
  tf: [13, FilterNode],
  flag: [14, 'int64'],
  type: [15, 'int32'],
});

const ConnectRequest = message({
  token: [1, 'string'],
  data: [2, 'bytes'],
  subs: [3, mapOf(SubscribeRequest)],
  name: [4, 'string'],
  version: [5, 'string'],
  headers: [6, mapOf('string')],
});

const OfChannel = message({ channel: [1, 'string'] });

export const Command = message({
  id: [1, 'uint32'],
  connect: [4, ConnectRequest],
  subscribe: [5, SubscribeRequest],
  unsubscribe: [6, OfChannel],
  publish: [7, message({ channel: [1, 'string'], data: [2, 'bytes'] })],
  presence: [8, OfChannel],
  presence_stats: [9, OfChannel],
  history: [
    10,
    message({
      channel: [1, 'string'],
      limit: [7, 'int32'],
      since: [8, StreamPosition],
      reverse: [9, 'bool'],
    }),
  ],
  ping: [11, message({})],
  send: [12, message({ data: [1, 'bytes'] })],
  rpc: [13, message({ data: [1, 'bytes'], method: [2, 'string'] })],
  refresh: [14, message({ token: [1, 'string'] })],
  sub_refresh: [15, message({ channel: [1, 'string'], token: [2, 'string'], type: [3, 'int32'] })],
});

export const EmulationRequest = message({
  node: [1, 'string'],
  session: [2, 'string'],
  data: [3, 'bytes'],
});

const ClientInfo = message({
  user: [1, 'string'],
  client: [2, 'string'],
  conn_info: [3, 'bytes'],
  chan_info: [4, 'bytes'],
});

export const Publication = message({
  data: [4, 'bytes'],
  info: [5, ClientInfo],
  offset: [6, 'uint64'],
  tags: [7, mapOf('string')],
  delta: [8, 'bool'],
  channel: [10, 'string'],
});

const OfClient = message({ info: [1, ClientInfo] });

const Push = message({
  channel: [2, 'string'],
  pub: [4, Publication],
  join: [5, OfClient],
  leave: [6, OfClient],
  unsubscribe: [7, message({ code: [2, 'uint32'], reason: [3, 'string'] })],
  message: [8, message({ data: [1, 'bytes'] })],
  subscribe: [
    9,
    message({
      recoverable: [1, 'bool'],
      epoch: [4, 'string'],
      offset: [5, 'uint64'],
      positioned: [6, 'bool'],
      data: [7, 'bytes'],
    }),
  ],
  disconnect: [11, message({ code: [1, 'uint32'], reason: [2, 'string'] })],
});

const SubscribeResult = message({
  expires: [1, 'bool'],
  ttl: [2, 'uint32'],
  recoverable: [3, 'bool'],
  epoch: [6, 'string'],
  publications: [7, repeated(Publication)],
  recovered: [8, 'bool'],
  offset: [9, 'uint64'],
  positioned: [10, 'bool'],
  data: [11, 'bytes'],
  was_recovering: [12, 'bool'],
  delta: [13, 'bool'],
});

const ConnectResult = message({
  client: [1, 'string'],
  version: [2, 'string'],
  expires: [3, 'bool'],
  ttl: [4, 'uint32'],
  data: [5, 'bytes'],
  subs: [6, mapOf(SubscribeResult)],
  ping: [7, 'uint32'],
  pong: [8, 'bool'],
  session: [9, 'string'],
  node: [10, 'string'],
});

export const Reply = message({
  id: [1, 'uint32'],
  error: [2, message({ code: [1, 'uint32'], message: [2, 'string'], temporary: [3, 'bool'] })],
  push: [4, Push],
  connect: [5, ConnectResult],
  subscribe: [6, SubscribeResult],
  unsubscribe: [7, message({})],
  publish: [8, message({})],
  presence: [9, message({ presence: [1, mapOf(ClientInfo)] })],
  presence_stats: [10, message({ num_clients: [1, 'uint32'], num_users: [2, 'uint32'] })],
  history: [
    11,
    message({
      publications: [1, repeated(Publication)],
      epoch: [2, 'string'],
      offset: [3, 'uint64'],
    }),
  ],
  rpc: [13, message({ data: [1, 'bytes'] })],
  refresh: [
    14,
    message({
      client: [1, 'string'],
      version: [2, 'string'],
      expires: [3, 'bool'],
      ttl: [4, 'uint32'],
    }),
  ],
  sub_refresh: [15, message({ expires: [1, 'bool'], ttl: [2, 'uint32'] })],
});
