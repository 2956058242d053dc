// Drives an unmodified centrifuge-go client: driver.py is its twin in Python, and describes the
// lines that are read and written. With the argument "protobuf", the client uses Protobuf.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/centrifugal/centrifuge-go"
)

const timeout = 10 * time.Second

var output sync.Mutex

func write(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(text))
}

// data is the JSON value that bytes are, or a string with their base64.
func data(bytes []byte) any {
	if len(bytes) == 0 {
		return nil
	}
	if utf8.Valid(bytes) && json.Valid(bytes) {
		return json.RawMessage(bytes)
	}
	return "bytes " + base64.StdEncoding.EncodeToString(bytes)
}

type members map[string]any

func event(name string, channel any, more members) {
	line := members{"event": name, "channel": channel}
	for key, value := range more {
		line[key] = value
	}
	write(line)
}

func codeOf(err error) any {
	var refusal *centrifuge.Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return nil
}

type parameters struct {
	ID         int                         `json:"id"`
	Method     string                      `json:"method"`
	Transports []struct{ Endpoint string } `json:"transports"`
	Tokens     []string                    `json:"tokens"`
	Channel    string                      `json:"channel"`
	Data       json.RawMessage             `json:"data"`
	Delta      string                      `json:"delta"`
	Limit      int32                       `json:"limit"`
}

type driver struct {
	client *centrifuge.Client
}

// first is the first of what several events report.
type first struct {
	once   sync.Once
	result chan error
}

func newFirst() *first { return &first{result: make(chan error, 1)} }

func (f *first) done(err error) { f.once.Do(func() { f.result <- err }) }

func (f *first) wait() error {
	select {
	case err := <-f.result:
		return err
	case <-time.After(timeout):
		return errors.New("timeout")
	}
}

func (d *driver) connect(asked parameters) error {
	config := centrifuge.Config{
		MinReconnectDelay: 20 * time.Millisecond,
		MaxReconnectDelay: 200 * time.Millisecond,
	}
	if len(asked.Tokens) > 0 {
		tokens := asked.Tokens
		config.GetToken = func(centrifuge.ConnectionTokenEvent) (string, error) {
			event("token", nil, nil)
			if len(tokens) == 0 {
				return "", nil
			}
			token := tokens[0]
			tokens = tokens[1:]
			return token, nil
		}
	}
	create := centrifuge.NewJsonClient
	if len(os.Args) > 1 && os.Args[1] == "protobuf" {
		create = centrifuge.NewProtobufClient
	}
	d.client = create(asked.Transports[0].Endpoint, config)
	ready := newFirst()
	d.client.OnConnecting(func(e centrifuge.ConnectingEvent) {
		event("connecting", nil, members{"code": e.Code})
	})
	d.client.OnConnected(func(e centrifuge.ConnectedEvent) {
		event("connected", nil, members{"client": e.ClientID, "data": data(e.Data)})
		ready.done(nil)
	})
	d.client.OnDisconnected(func(e centrifuge.DisconnectedEvent) {
		event("disconnected", nil, members{"code": e.Code})
		ready.done(&centrifuge.Error{Code: e.Code, Message: e.Reason})
	})
	d.client.OnError(func(e centrifuge.ErrorEvent) {
		event("error", nil, members{"code": codeOf(e.Error)})
	})
	if err := d.client.Connect(); err != nil {
		return err
	}
	return ready.wait()
}

func (d *driver) subscribe(asked parameters) error {
	channel := asked.Channel
	subscription, err := d.client.NewSubscription(channel, centrifuge.SubscriptionConfig{
		Delta:               centrifuge.DeltaType(asked.Delta),
		MinResubscribeDelay: 20 * time.Millisecond,
		MaxResubscribeDelay: 200 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	ready := newFirst()
	subscription.OnSubscribing(func(e centrifuge.SubscribingEvent) {
		event("subscribing", channel, members{"code": e.Code})
	})
	subscription.OnSubscribed(func(e centrifuge.SubscribedEvent) {
		event("subscribed", channel, members{
			"data": data(e.Data), "recovered": e.Recovered, "wasRecovering": e.WasRecovering,
		})
		ready.done(nil)
	})
	subscription.OnUnsubscribed(func(e centrifuge.UnsubscribedEvent) {
		event("unsubscribed", channel, members{"code": e.Code})
		ready.done(&centrifuge.Error{Code: e.Code, Message: e.Reason})
	})
	subscription.OnError(func(e centrifuge.SubscriptionErrorEvent) {
		event("error", channel, members{"code": codeOf(e.Error)})
	})
	subscription.OnPublication(func(e centrifuge.PublicationEvent) {
		event("publication", channel, members{"data": data(e.Data), "offset": e.Offset})
	})
	if err := subscription.Subscribe(); err != nil {
		return err
	}
	return ready.wait()
}

func (d *driver) execute(asked parameters) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	switch asked.Method {
	case "connect":
		return nil, d.connect(asked)
	case "subscribe":
		return nil, d.subscribe(asked)
	case "unsubscribe":
		subscription, _ := d.client.GetSubscription(asked.Channel)
		return nil, subscription.Unsubscribe()
	case "publish":
		_, err := d.client.Publish(ctx, asked.Channel, asked.Data)
		return nil, err
	case "presence":
		presence, err := d.client.Presence(ctx, asked.Channel)
		clients := members{}
		for id, info := range presence.Clients {
			clients[id] = members{"client": info.Client, "user": info.User}
		}
		return members{"clients": clients}, err
	case "presenceStats":
		stats, err := d.client.PresenceStats(ctx, asked.Channel)
		return members{"numClients": stats.NumClients, "numUsers": stats.NumUsers}, err
	case "history":
		history, err := d.client.History(ctx, asked.Channel, centrifuge.WithHistoryLimit(asked.Limit))
		publications := []members{}
		for _, each := range history.Publications {
			publications = append(publications, members{"data": data(each.Data), "offset": each.Offset})
		}
		return members{"publications": publications, "offset": history.Offset}, err
	case "disconnect":
		return nil, d.client.Disconnect()
	}
	return nil, fmt.Errorf("unknown method %s", asked.Method)
}

func (d *driver) answer(asked parameters) {
	result, err := d.execute(asked)
	if err == nil {
		if result == nil {
			result = members{}
		}
		write(members{"id": asked.ID, "result": result})
		return
	}
	code := codeOf(err)
	if code == nil {
		code = 0
	}
	write(members{"id": asked.ID, "error": members{"code": code, "message": err.Error()}})
}

func main() {
	d := &driver{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked parameters
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		go d.answer(asked)
	}
}
