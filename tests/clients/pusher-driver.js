/** Drives an unmodified pusher-js by commands: see pusher-driver.d.ts. */
export function drivePusher(Pusher, tell, authorize) {
  let client;

  const answerWith = async (request, callback) => {
    try {
      callback(null, await authorize(request));
    } catch (error) {
      callback(error, null);
    }
  };

  const commands = {
    connect({ key, port, user = '', ...options }) {
      client = new Pusher(key, {
        cluster: '',
        wsHost: '127.0.0.1',
        wsPort: port,
        forceTLS: false,
        enabledTransports: ['ws'],
        enableStats: false,
        channelAuthorization: {
          customHandler: ({ channelName, socketId }, callback) =>
            answerWith({ channelName, socketId, user }, callback),
        },
        userAuthentication: {
          customHandler: ({ socketId }, callback) => answerWith({ socketId, user }, callback),
        },
        ...options,
      });
      client.connection.bind('state_change', ({ current }) =>
        tell({ event: 'state', data: current }),
      );
      client.connection.bind('error', (data) => tell({ event: 'error', data: toPlain(data) }));
      client.bind('pusher:signin_success', (data) =>
        tell({ event: 'pusher:signin_success', channel: 'user', data }),
      );
      client.user.bind_global((event, data) =>
        tell({ event, channel: 'user', data: toPlain(data) }),
      );
      return new Promise((resolve) =>
        client.connection.bind('connected', () => resolve(client.connection.socket_id)),
      );
    },
    subscribe({ channel }) {
      const subscription = client.subscribe(channel);
      subscription.bind_global((event, data) =>
        tell({ event, channel, data: toPlain(data?.members === undefined ? data : undefined) }),
      );
    },
    unsubscribe({ channel }) {
      client.unsubscribe(channel);
    },
    trigger({ channel, event, data }) {
      return client.channel(channel).trigger(event, data);
    },
    signin() {
      client.signin();
    },
    members({ channel }) {
      const { count, members, me } = client.channel(channel).members;
      return { count, members, me };
    },
    state() {
      return { state: client.connection.state, socketId: client.connection.socket_id };
    },
    disconnect() {
      client?.disconnect();
    },
  };

  return async ({ method, ...parameters }) => {
    try {
      return { result: await commands[method](parameters) };
    } catch (error) {
      return { error: { code: 0, message: String(error) } };
    }
  };
}

/** Without functions, which cannot leave a page. */
function toPlain(data) {
  return data === undefined ? undefined : JSON.parse(JSON.stringify(data));
}
