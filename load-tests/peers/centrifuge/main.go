// A Centrifuge server with a Redis broker, as its makers' examples have it: what newswire is measured beside.
// WebSocket (JSON protocol) on /connection/websocket, publishing by POST /api/publish {"channel":…,"data":…}.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"
)

// What newswire keeps by default.
const (
	historySize = 1000
	historyTTL  = 10 * time.Minute
)

type publishRequest struct {
	Channel string          `json:"channel"`
	Data    json.RawMessage `json:"data"`
}

type position struct {
	Offset uint64 `json:"offset"`
	Epoch  string `json:"epoch"`
}

func newNode(redis string) (*centrifuge.Node, error) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return nil, err
	}
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: redis})
	if err != nil {
		return nil, err
	}
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{
		Shards: []*centrifuge.RedisShard{shard},
	})
	if err != nil {
		return nil, err
	}
	node.SetBroker(broker)
	node.OnConnecting(anyone)
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, reply centrifuge.SubscribeCallback) {
			reply(centrifuge.SubscribeReply{}, nil)
		})
	})
	return node, node.Run()
}

func anyone(_ context.Context, _ centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{}}, nil
}

func publish(node *centrifuge.Node, request *http.Request) (position, error) {
	var wanted publishRequest
	if err := json.NewDecoder(request.Body).Decode(&wanted); err != nil {
		return position{}, err
	}
	if wanted.Channel == "" || wanted.Data == nil {
		return position{}, errors.New("channel and data are needed")
	}
	withHistory := centrifuge.WithHistory(historySize, historyTTL)
	result, err := node.Publish(wanted.Channel, wanted.Data, withHistory)
	return position{result.Offset, result.Epoch}, err
}

func publishHandler(node *centrifuge.Node) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		answer := map[string]any{}
		if result, err := publish(node, request); err != nil {
			answer["error"] = map[string]any{"code": 100, "message": err.Error()}
		} else {
			answer["result"] = result
		}
		response.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(response).Encode(answer)
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8000", "where to listen")
	redis := flag.String("redis", "127.0.0.1:6379", "where Redis is")
	flag.Parse()
	node, err := newNode(*redis)
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		CheckOrigin: func(*http.Request) bool { return true },
	}))
	http.HandleFunc("POST /api/publish", publishHandler(node))
	http.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServe(*listen, nil))
}
