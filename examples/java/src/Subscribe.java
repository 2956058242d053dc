import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.centrifugal.centrifuge.Client;
import io.github.centrifugal.centrifuge.DisconnectedEvent;
import io.github.centrifugal.centrifuge.DuplicateSubscriptionException;
import io.github.centrifugal.centrifuge.ErrorEvent;
import io.github.centrifugal.centrifuge.EventListener;
import io.github.centrifugal.centrifuge.Options;
import io.github.centrifugal.centrifuge.PublicationEvent;
import io.github.centrifugal.centrifuge.SubscribedEvent;
import io.github.centrifugal.centrifuge.Subscription;
import io.github.centrifugal.centrifuge.SubscriptionEventListener;

/**
 * Prints the publications of channels as they arrive, and continues after each reconnect where it
 * was. NEWSWIRE_TOKEN is the connection token, if newswire requires one.
 *
 * <pre>mvn -q compile exec:java -Dexec.args="ws://localhost:9900/connection/websocket 77707"</pre>
 */
public final class Subscribe {
  public static void main(String[] args) throws Exception {
    if (args.length < 2) {
      System.err.println("Subscribe URL CHANNEL…");
      System.exit(2);
    }
    Options options = new Options();
    options.setToken(System.getenv().getOrDefault("NEWSWIRE_TOKEN", ""));
    Client client = new Client(args[0], options, new PrintsErrors());
    for (int i = 1; i < args.length; i++) subscribe(client, args[i]);
    client.connect();
    Thread.currentThread().join(); // until Ctrl-C
  }

  private static void subscribe(Client client, String channel) throws DuplicateSubscriptionException {
    Subscription subscription =
        client.newSubscription(
            channel,
            new SubscriptionEventListener() {
              @Override
              public void onSubscribed(Subscription subscription, SubscribedEvent event) {
                System.out.println("listening to " + channel);
                if (event.wasRecovering() && !event.getRecovered()) {
                  System.out.println(channel + ": publications are missing");
                }
              }

              @Override
              public void onPublication(Subscription subscription, PublicationEvent event) {
                System.out.println(channel + ": " + new String(event.getData(), UTF_8));
              }
            });
    subscription.subscribe();
  }

  private static final class PrintsErrors extends EventListener {
    @Override
    public void onError(Client client, ErrorEvent event) {
      System.err.println(event.getError());
    }

    @Override
    public void onDisconnected(Client client, DisconnectedEvent event) {
      System.err.println("disconnected: " + event.getReason());
    }
  }
}
