import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.github.centrifugal.centrifuge.Client;
import io.github.centrifugal.centrifuge.ClientInfo;
import io.github.centrifugal.centrifuge.ConnectedEvent;
import io.github.centrifugal.centrifuge.ConnectingEvent;
import io.github.centrifugal.centrifuge.ConnectionTokenEvent;
import io.github.centrifugal.centrifuge.ConnectionTokenGetter;
import io.github.centrifugal.centrifuge.DisconnectedEvent;
import io.github.centrifugal.centrifuge.ErrorEvent;
import io.github.centrifugal.centrifuge.EventListener;
import io.github.centrifugal.centrifuge.HistoryOptions;
import io.github.centrifugal.centrifuge.Options;
import io.github.centrifugal.centrifuge.Publication;
import io.github.centrifugal.centrifuge.PublicationEvent;
import io.github.centrifugal.centrifuge.ReplyError;
import io.github.centrifugal.centrifuge.SubscribedEvent;
import io.github.centrifugal.centrifuge.SubscribingEvent;
import io.github.centrifugal.centrifuge.Subscription;
import io.github.centrifugal.centrifuge.SubscriptionErrorEvent;
import io.github.centrifugal.centrifuge.SubscriptionEventListener;
import io.github.centrifugal.centrifuge.SubscriptionOptions;
import io.github.centrifugal.centrifuge.TokenCallback;
import io.github.centrifugal.centrifuge.UnsubscribedEvent;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Drives an unmodified centrifuge-java client: driver.py is its twin in Python, and describes the
 * lines that are read and written.
 */
public final class Driver {
  private static final long TIMEOUT_S = 10;
  private static final PrintStream OUTPUT = new PrintStream(System.out, true, UTF_8);

  private Client client;

  public static void main(String[] args) throws Exception {
    Driver driver = new Driver();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonObject asked = JsonParser.parseString(line).getAsJsonObject();
      new Thread(() -> driver.answer(asked)).start();
    }
    System.exit(0);
  }

  private void answer(JsonObject asked) {
    JsonObject answer = new JsonObject();
    answer.add("id", asked.get("id"));
    try {
      answer.add("result", execute(asked).get(TIMEOUT_S, TimeUnit.SECONDS));
    } catch (Exception thrown) {
      Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
      JsonObject error = new JsonObject();
      error.addProperty("code", cause instanceof Refusal ? ((Refusal) cause).code : 0);
      error.addProperty("message", String.valueOf(cause.getMessage()));
      answer.add("error", error);
    }
    write(answer);
  }

  private CompletableFuture<JsonObject> execute(JsonObject asked) throws Exception {
    String channel = asked.has("channel") ? asked.get("channel").getAsString() : "";
    CompletableFuture<JsonObject> result = new CompletableFuture<>();
    switch (asked.get("method").getAsString()) {
      case "connect":
        connect(asked, result);
        break;
      case "subscribe":
        subscribe(channel, result);
        break;
      case "unsubscribe":
        client.getSubscription(channel).unsubscribe();
        // Unlike other libraries, this one delivers what arrives before the server has unsubscribed
        // it. The reply to any later command shows that it has.
        client.rpc("none", new byte[0], (error, done) -> result.complete(new JsonObject()));
        break;
      case "publish":
        byte[] data = asked.get("data").toString().getBytes(UTF_8);
        client.publish(channel, data, (error, done) -> finish(result, error, new JsonObject()));
        break;
      case "presence":
        client.presence(
            channel,
            (error, presence) -> {
              JsonObject clients = new JsonObject();
              if (error == null) presence.getClients().forEach((id, info) -> clients.add(id, describe(info)));
              finish(result, error, wrap("clients", clients));
            });
        break;
      case "presenceStats":
        client.presenceStats(
            channel,
            (error, stats) -> {
              JsonObject counts = new JsonObject();
              if (error == null) {
                counts.addProperty("numClients", stats.getNumClients());
                counts.addProperty("numUsers", stats.getNumUsers());
              }
              finish(result, error, counts);
            });
        break;
      case "history":
        HistoryOptions options =
            new HistoryOptions.Builder().withLimit(asked.get("limit").getAsInt()).build();
        client.history(
            channel,
            options,
            (error, history) -> {
              JsonObject read = new JsonObject();
              if (error == null) {
                JsonArray publications = new JsonArray();
                for (Publication each : history.getPublications()) {
                  publications.add(describe(each.getData(), each.getOffset()));
                }
                read.add("publications", publications);
                read.addProperty("offset", history.getOffset());
              }
              finish(result, error, read);
            });
        break;
      case "disconnect":
        client.disconnect();
        result.complete(new JsonObject());
        break;
      default:
        throw new IllegalArgumentException("unknown method");
    }
    return result;
  }

  private void connect(JsonObject asked, CompletableFuture<JsonObject> result) {
    JsonObject transport = asked.getAsJsonArray("transports").get(0).getAsJsonObject();
    Options options = new Options();
    options.setMinReconnectDelay(20);
    options.setMaxReconnectDelay(200);
    if (asked.has("tokens")) {
      Queue<String> tokens = new ArrayDeque<>();
      for (JsonElement token : asked.getAsJsonArray("tokens")) tokens.add(token.getAsString());
      options.setTokenGetter(
          new ConnectionTokenGetter() {
            @Override
            public void getConnectionToken(ConnectionTokenEvent event, TokenCallback callback) {
              tell("token", null, new JsonObject());
              callback.Done(null, tokens.isEmpty() ? "" : tokens.remove());
            }
          });
    }
    client = new Client(transport.get("endpoint").getAsString(), options, new ClientEvents(result));
    client.connect();
  }

  private void subscribe(String channel, CompletableFuture<JsonObject> result) throws Exception {
    SubscriptionOptions options = new SubscriptionOptions();
    options.setMinResubscribeDelay(20);
    options.setMaxResubscribeDelay(200);
    client.newSubscription(channel, options, new SubscriptionEvents(channel, result)).subscribe();
  }

  private static final class ClientEvents extends EventListener {
    private final CompletableFuture<JsonObject> ready;

    ClientEvents(CompletableFuture<JsonObject> ready) {
      this.ready = ready;
    }

    @Override
    public void onConnecting(Client client, ConnectingEvent event) {
      tell("connecting", null, code(event.getCode()));
    }

    @Override
    public void onConnected(Client client, ConnectedEvent event) {
      JsonObject members = new JsonObject();
      members.addProperty("client", event.getClient());
      members.add("data", toJson(event.getData()));
      tell("connected", null, members);
      ready.complete(new JsonObject());
    }

    @Override
    public void onDisconnected(Client client, DisconnectedEvent event) {
      tell("disconnected", null, code(event.getCode()));
      ready.completeExceptionally(new Refusal(event.getCode(), event.getReason()));
    }

    @Override
    public void onError(Client client, ErrorEvent event) {
      tell("error", null, new JsonObject());
    }
  }

  private static final class SubscriptionEvents extends SubscriptionEventListener {
    private final String channel;
    private final CompletableFuture<JsonObject> ready;

    SubscriptionEvents(String channel, CompletableFuture<JsonObject> ready) {
      this.channel = channel;
      this.ready = ready;
    }

    @Override
    public void onSubscribing(Subscription subscription, SubscribingEvent event) {
      tell("subscribing", channel, code(event.getCode()));
    }

    @Override
    public void onSubscribed(Subscription subscription, SubscribedEvent event) {
      JsonObject members = new JsonObject();
      members.addProperty("recovered", event.getRecovered());
      members.addProperty("wasRecovering", event.wasRecovering());
      tell("subscribed", channel, members);
      ready.complete(new JsonObject());
    }

    @Override
    public void onUnsubscribed(Subscription subscription, UnsubscribedEvent event) {
      tell("unsubscribed", channel, code(event.getCode()));
      ready.completeExceptionally(new Refusal(event.getCode(), event.getReason()));
    }

    @Override
    public void onError(Subscription subscription, SubscriptionErrorEvent event) {
      tell("error", channel, new JsonObject());
    }

    @Override
    public void onPublication(Subscription subscription, PublicationEvent event) {
      tell("publication", channel, describe(event.getData(), event.getOffset()));
    }
  }

  /** The library's refusal of a command, or the end of a connection or a subscription. */
  private static final class Refusal extends Exception {
    private static final long serialVersionUID = 1;
    final int code;

    Refusal(int code, String message) {
      super(message);
      this.code = code;
    }
  }

  private static void finish(CompletableFuture<JsonObject> result, Throwable error, JsonObject value) {
    if (error == null) result.complete(value);
    else if (error instanceof ReplyError) {
      result.completeExceptionally(new Refusal(((ReplyError) error).getCode(), error.getMessage()));
    } else result.completeExceptionally(error);
  }

  private static void tell(String event, String channel, JsonObject members) {
    members.addProperty("event", event);
    members.addProperty("channel", channel);
    write(members);
  }

  private static synchronized void write(JsonObject line) {
    OUTPUT.println(line);
  }

  private static JsonObject code(int code) {
    JsonObject members = new JsonObject();
    members.addProperty("code", code);
    return members;
  }

  private static JsonObject describe(ClientInfo info) {
    JsonObject members = new JsonObject();
    members.addProperty("client", info.getClient());
    members.addProperty("user", info.getUser());
    return members;
  }

  private static JsonObject describe(byte[] data, long offset) {
    JsonObject members = new JsonObject();
    members.add("data", toJson(data));
    members.addProperty("offset", offset);
    return members;
  }

  private static JsonObject wrap(String name, JsonObject value) {
    JsonObject members = new JsonObject();
    members.add(name, value);
    return members;
  }

  /** The JSON value that bytes are, or a string with their base64. */
  private static JsonElement toJson(byte[] bytes) {
    if (bytes == null || bytes.length == 0) return JsonNull.INSTANCE;
    try {
      return JsonParser.parseString(UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException | JsonParseException error) {
      return new JsonPrimitive("bytes " + Base64.getEncoder().encodeToString(bytes));
    }
  }
}
