/**
 * Drives an unmodified Centrifuge client by commands: see driver.d.ts. driver.py is its twin in
 * Python, and both tell what happens in the same words.
 */
export function drive(Centrifuge, tell, surroundings = {}) {
  let client;
  const subscriptions = new Map();

  function forward(source, events, describe) {
    for (const event of events)
      source.on(event, (context) => tell({ event, ...describe(context) }));
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
      return client.publish(channel, data);
    },
    presence({ channel }) {
      return client.presence(channel);
    },
    presenceStats({ channel }) {
      return client.presenceStats(channel);
    },
    history({ channel, ...options }) {
      return client.history(channel, options);
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

const QUICKLY = { minReconnectDelay: 20, maxReconnectDelay: 200 };
const QUICKLY_AGAIN = { minResubscribeDelay: 20, maxResubscribeDelay: 200 };

const SUBSCRIPTION_EVENTS = ['subscribing', 'subscribed', 'unsubscribed', 'publication', 'error'];

/** Of all that the library tells, what its Python twin tells, too. */
function ownWords({ channel, client, code, data, error, offset, recovered, wasRecovering }) {
  return { channel, client, code: code ?? error?.code, data, offset, recovered, wasRecovering };
}
