// A Centrifuge server with the memory engine or a Redis broker, as its makers' examples have it and set for
// speed: what newswire is measured beside.
// WebSocket (JSON protocol) on /connection/websocket, publishing by POST /api/publish {"channel":…,"data":…}.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/centrifugal/centrifuge"
)

const (
	historyTTL    = 10 * time.Minute // newswire's default
	maxQueueBytes = 64 << 20         // of a client: a burst is not to close connections
	writeTimeout  = 10 * time.Second
)

type settings struct {
	redis         string // empty: the memory engine
	historySize   int
	isRecoverable bool
}

type publishRequest struct {
	Channel string          `json:"channel"`
	Data    json.RawMessage `json:"data"`
}

type position struct {
	Offset uint64 `json:"offset"`
	Epoch  string `json:"epoch"`
}

func newNode(set settings) (*centrifuge.Node, error) {
	node, err := centrifuge.New(centrifuge.Config{ClientQueueMaxSize: maxQueueBytes})
	if err != nil {
		return nil, err
	}
	if set.redis != "" {
		if err := useRedis(node, set.redis); err != nil {
			return nil, err
		}
	}
	node.OnConnecting(anyone)
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, reply centrifuge.SubscribeCallback) {
			options := centrifuge.SubscribeOptions{EnableRecovery: set.isRecoverable}
			reply(centrifuge.SubscribeReply{Options: options}, nil)
		})
	})
	return node, node.Run()
}

func useRedis(node *centrifuge.Node, address string) error {
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: address})
	if err != nil {
		return err
	}
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{
		Shards: []*centrifuge.RedisShard{shard},
	})
	if err != nil {
		return err
	}
	node.SetBroker(broker)
	return nil
}

// Messages that wait together leave in one frame, however many they are.
func anyone(_ context.Context, _ centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	return centrifuge.ConnectReply{
		Credentials:        &centrifuge.Credentials{},
		MaxMessagesInFrame: -1,
		ReplyWithoutQueue:  true,
	}, nil
}

func publish(node *centrifuge.Node, historySize int, request *http.Request) (position, error) {
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

func publishHandler(node *centrifuge.Node, historySize int) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		answer := map[string]any{}
		if result, err := publish(node, historySize, request); err != nil {
			answer["error"] = map[string]any{"code": 100, "message": err.Error()}
		} else {
			answer["result"] = result
		}
		response.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(response).Encode(answer)
	}
}

func printVersion() {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/centrifugal/centrifuge" {
			fmt.Println(module.Version, info.GoVersion)
		}
	}
}

func main() {
	var set settings
	listen := flag.String("listen", "127.0.0.1:8000", "where to listen")
	flag.StringVar(&set.redis, "redis", "", "where Redis is; empty: the memory engine")
	flag.IntVar(&set.historySize, "history", 1000, "publications that a channel keeps, for ten minutes")
	flag.BoolVar(&set.isRecoverable, "recover", false, "give clients that come back what they missed")
	isVersion := flag.Bool("version", false, "print the versions of Centrifuge and Go")
	flag.Parse()
	if *isVersion {
		printVersion()
		return
	}
	node, err := newNode(set)
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		CheckOrigin:        func(*http.Request) bool { return true },
		UseWriteBufferPool: true,
		WriteTimeout:       writeTimeout,
	}))
	http.HandleFunc("POST /api/publish", publishHandler(node, set.historySize))
	http.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServe(*listen, nil))
}
