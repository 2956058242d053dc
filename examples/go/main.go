// Prints the publications of channels as they arrive, and continues after each reconnect where it was.
//
//	go run . ws://localhost:9900/connection/websocket 77707 77708
//
// It connects in Protobuf. NEWSWIRE_TOKEN is the connection token, if newswire requires one.
package main

import (
	"fmt"
	"os"
	"os/signal"

	"github.com/centrifugal/centrifuge-go"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "go run . URL CHANNEL…")
		os.Exit(2)
	}
	client := centrifuge.NewProtobufClient(os.Args[1], centrifuge.Config{Token: os.Getenv("NEWSWIRE_TOKEN")})
	client.OnError(func(event centrifuge.ErrorEvent) { fmt.Fprintln(os.Stderr, event.Error) })
	client.OnDisconnected(func(event centrifuge.DisconnectedEvent) {
		fmt.Fprintln(os.Stderr, "disconnected:", event.Reason)
	})

	for _, channel := range os.Args[2:] {
		if err := subscribe(client, channel); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := client.Connect(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}

	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	<-interrupt
}

func subscribe(client *centrifuge.Client, channel string) error {
	subscription, err := client.NewSubscription(channel, centrifuge.SubscriptionConfig{})
	if err != nil {
		return err
	}
	subscription.OnSubscribed(func(event centrifuge.SubscribedEvent) {
		fmt.Println("listening to", channel)
		if event.WasRecovering && !event.Recovered {
			fmt.Println(channel + ": publications are missing")
		}
	})
	subscription.OnPublication(func(event centrifuge.PublicationEvent) {
		fmt.Printf("%s: %s\n", channel, event.Data)
	})
	return subscription.Subscribe()
}
