/**
 * Drives an unmodified Centrifuge client by commands: see driver.d.ts. driver.py is its twin in
 * Python, and both tell what happens in the same words. `isBinary`: the client library's data are
 * bytes, which are the JSON text of what commands and events have; others are `bytes` and their base64.
 */
export function drive(Centrifuge, tell, surroundings = {}, isBinary = false) {
  const { toData, fromData } = isBinary ? BYTES : VALUES;
  let client;
  const subscriptions = new Map();

  function forward(source, events, describe) {
    for (const event of events)
      source.on(event, ({ data, ...context }) => {
        tell({ event, ...describe({ ...context, data: fromData(data) }) });
      });
  }

  const commands = {
    connect({ transports, tokens = [], ...options }) {
      const getToken = async () => {
        tell({ event: 'token' });
        return tokens.shift() ?? '';
      };
      const access = tokens.length > 0 ? { getToken } : {};
      client = new Centrifuge(transports, { ...QUICKLY, ...surroundings, ...options, ...access });
      forward(client, ['connecting', 'connected', 'disconnected', 'error'], ownWords);
      client.connect();
      return client.ready();
    },
    subscribe({ channel, ...options }) {
      const subscription = client.newSubscription(channel, { ...QUICKLY_AGAIN, ...options });
      subscriptions.set(channel, subscription);
      forward(subscription, SUBSCRIPTION_EVENTS, ownWords);
      subscription.subscribe();
      return subscription.ready();
    },
    unsubscribe({ channel }) {
      subscriptions.get(channel).unsubscribe();
    },
    publish({ channel, data }) {
      return client.publish(channel, toData(data));
    },
    presence({ channel }) {
      return client.presence(channel);
    },
    presenceStats({ channel }) {
      return client.presenceStats(channel);
    },
    async history({ channel, ...options }) {
      const { publications, ...position } = await client.history(channel, options);
      const read = publications.map((each) => ({ ...each, data: fromData(each.data) }));
      return { publications: read, ...position };
    },
    disconnect() {
      client.disconnect();
    },
  };

  return async ({ method, ...parameters }) => {
    try {
      return { result: (await commands[method](parameters)) ?? {} };
    } catch (error) {
      return { error: { code: error.code ?? 0, message: error.message } };
    }
  };
}

const VALUES = { toData: (value) => value, fromData: (value) => value };

const BYTES = {
  toData: (value) => new TextEncoder().encode(JSON.stringify(value)),
  fromData: (bytes) => {
    // The library gives no bytes where the server sent no data.
    if (!(bytes?.length > 0)) return undefined;
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      return `bytes ${btoa(String.fromCharCode(...bytes))}`;
    }
  },
};

const QUICKLY = { minReconnectDelay: 20, maxReconnectDelay: 200 };
const QUICKLY_AGAIN = { minResubscribeDelay: 20, maxResubscribeDelay: 200 };

const SUBSCRIPTION_EVENTS = ['subscribing', 'subscribed', 'unsubscribed', 'publication', 'error'];

/** Of all that the library tells, what its Python twin tells, too. */
function ownWords({ channel, client, code, data, error, offset, recovered, wasRecovering }) {
  return { channel, client, code: code ?? error?.code, data, offset, recovered, wasRecovering };
}
